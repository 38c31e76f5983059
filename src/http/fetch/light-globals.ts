// Replaces Request, Response and fetch of this thread by ones that make and take light objects, and else behave the same.
import { real, standFor } from './forward.js'
import { LightRequest } from './light-request.js'
import { LightResponse } from './light-response.js'

const unwrapped = (input: unknown): unknown => (input instanceof LightRequest ? LightRequest.real(input) : input)

function replace(name: 'Request' | 'Response' | 'fetch', value: unknown): void {
  const enumerable = Object.getOwnPropertyDescriptor(globalThis, name)?.enumerable ?? false
  Object.defineProperty(globalThis, name, { configurable: true, enumerable, value, writable: true })
}

type Class = new (...values: unknown[]) => object

/** The class Request, whose `new` also takes light ones; derived classes pass their own `newTarget`. */
function requestClass(Real: typeof Request): typeof Request {
  const stand: typeof Request = new Proxy(Real, {
    construct(target, [input, ...init]: unknown[], newTarget) {
      const made = (newTarget === stand ? target : newTarget) as unknown as Class
      return Reflect.construct(target, [unwrapped(input), ...init], made) as object
    },
  })
  return stand
}

/** The class Response, whose `new` makes light ones. A function, since the `new` of a Proxy costs more than all the rest. */
function responseClass(Real: typeof Response): typeof Response {
  function Stand(body: unknown, init: unknown): object {
    if (new.target === Stand) return LightResponse.of(body, init) ?? new Real(body as null, init as ResponseInit)
    return Reflect.construct(Real, [body, init], new.target) as object // a derived class; without `new` it throws
  }
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own `this`
  const json = new Proxy(Real.json, {
    apply: (real, receiver, values: unknown[]) =>
      LightResponse.ofJson(values[0], values[1]) ?? (Reflect.apply(real, receiver, values) as object),
  })
  Object.setPrototypeOf(Stand, Real) // the other static methods
  return Object.defineProperties(Stand, {
    json: { ...Object.getOwnPropertyDescriptor(Real, 'json'), value: json },
    length: { configurable: true, value: Real.length },
    name: { configurable: true, value: Real.name },
    prototype: { value: Real.prototype, writable: false },
  }) as unknown as typeof Response
}

let overridden = false

/** Replaces the three, once. Returns whether they are replaced: true on Node only. */
export function override(): boolean {
  if (overridden || process.versions.bun !== undefined || process.versions.deno !== undefined) return overridden
  overridden = true
  const { Request, Response } = real()
  const { fetch, Request: before } = globalThis // another copy of this package may have replaced them
  standFor(LightRequest, Request, request => LightRequest.real(request as LightRequest))
  standFor(LightResponse, Response, response => LightResponse.real(response as LightResponse))
  replace('Request', requestClass(before))
  replace('Response', responseClass(Response))
  replace(
    'fetch',
    new Proxy(fetch, {
      apply: (target, _, [input, ...init]: unknown[]) =>
        (target as (...values: unknown[]) => unknown)(unwrapped(input), ...init),
    }),
  )
  return true
}
