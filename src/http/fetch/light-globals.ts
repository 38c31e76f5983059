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

/** The class `real` with `construct` as its `new`, and these static methods; derived classes pass their own `newTarget`. */
function constructing<T extends object>(
  real: T,
  construct: (values: unknown[], newTarget: Class) => object,
  methods: Record<PropertyKey, unknown> = {},
): T {
  const stand: T = new Proxy(real, {
    get: (target, name, receiver) =>
      Object.hasOwn(methods, name) ? methods[name] : Reflect.get(target, name, receiver),
    construct: (target, values: unknown[], newTarget) =>
      construct(values, (newTarget === stand ? target : newTarget) as unknown as Class),
  })
  return stand
}

let overridden = false

/** Replaces the three, once. Returns whether they are replaced: true on Node only. */
export function override(): boolean {
  if (overridden || process.versions.bun !== undefined || process.versions.deno !== undefined) return overridden
  overridden = true
  const { Request, Response } = real()
  const { fetch } = globalThis
  standFor(LightRequest, Request, request => LightRequest.real(request as LightRequest))
  standFor(LightResponse, Response, response => LightResponse.real(response as LightResponse))
  const request = ([input, ...init]: unknown[], newTarget: Class): object =>
    Reflect.construct(Request, [unwrapped(input), ...init], newTarget) as object
  const response = (values: unknown[], newTarget: Class): object =>
    (newTarget === (Response as unknown) ? LightResponse.of(values[0], values[1]) : null) ??
    (Reflect.construct(Response, values, newTarget) as object)
  replace('Request', constructing(Request, request))
  // With the name and the length of the original.
  const methods = {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own `this`
    json: new Proxy(Response.json, {
      apply: (json, receiver, values: unknown[]) =>
        LightResponse.ofJson(values[0], values[1]) ?? (Reflect.apply(json, receiver, values) as object),
    }),
  }
  replace('Response', constructing(Response, response, methods))
  replace(
    'fetch',
    new Proxy(fetch, {
      apply: (target, _, [input, ...init]: unknown[]) =>
        (target as (...values: unknown[]) => unknown)(unwrapped(input), ...init),
    }),
  )
  return true
}
