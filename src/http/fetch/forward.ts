// Light objects in place of a Request or a Response: they create the real one only when a caller uses more than they know.
import { Readable } from 'node:stream'
import { inspect } from 'node:util'

/** Whether a stream of the web was read from or cancelled. */
export const isDisturbed = (stream: ReadableStream): boolean => Readable.isDisturbed(stream as never)

let classes: { Request: typeof Request; Response: typeof Response } | undefined

/**
 * The original classes, saved at the first call: not those that another copy of this package has put in their place, whose prototypes
 * are the original ones. The first use of these globals makes Node load their implementation, which
 * takes a third of the time of its start: so no module uses them before a handler needs them.
 */
export const real = (): { Request: typeof Request; Response: typeof Response } =>
  (classes ??= { Request: originalOf(globalThis.Request), Response: originalOf(globalThis.Response) })

// A context of node:vm may have none.
const originalOf = <Class extends { prototype: object }>(one: Class | undefined): Class =>
  one?.prototype.constructor as unknown as Class

type Method = (this: object, ...values: unknown[]) => unknown

/** Makes `light` inherit from `original`, and forward what it does not implement to the object that `realOf` returns. */
export function standFor(
  light: abstract new (...values: never[]) => object,
  original: abstract new (...values: never[]) => object,
  realOf: (stand: object) => object,
): void {
  const prototype = light.prototype as object
  const from = original.prototype as object
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
    if (Object.hasOwn(prototype, name)) continue
    const method = descriptor.value as Method | undefined
    if (typeof method === 'function') {
      descriptor.value = function (this: object, ...values: unknown[]) {
        return method.apply(realOf(this), values)
      }
    } else if (descriptor.get !== undefined) {
      descriptor.get = function (this: object) {
        return Reflect.get(from, name, realOf(this)) as unknown
      }
    }
    Object.defineProperty(prototype, name, descriptor)
  }
  Object.defineProperty(prototype, inspect.custom, {
    value(this: object, _depth: number, options: object) {
      return inspect(realOf(this), options)
    },
  })
  Reflect.deleteProperty(prototype, 'constructor') // the real one's is inherited
  Object.setPrototypeOf(prototype, from)
}
