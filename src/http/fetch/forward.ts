// Objects that stand for a Request or a Response, and make the real one only when more is asked of them than they know.
import { inspect } from 'node:util'

let classes: { Request: typeof Request; Response: typeof Response } | undefined

/**
 * The classes as they were at the first call, before others stood for them. To mention them makes Node load what they
 * stand on, which takes as long as a third of its start: so nobody does before a handler asks for them.
 */
export const real = (): { Request: typeof Request; Response: typeof Response } =>
  (classes ??= { Request: globalThis.Request, Response: globalThis.Response })

type Method = (this: object, ...values: unknown[]) => unknown

/** Lets a class inherit from `original`, and ask the object that `realOf` gives for all that the class does not tell itself. */
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
  Reflect.deleteProperty(prototype, 'constructor') // that of the real one is inherited
  Object.setPrototypeOf(prototype, from)
}
