// Objects that stand for a Request or a Response, and make the real one only when more is asked of them than they know.
import { inspect } from 'node:util'

type Method = (this: object, ...values: unknown[]) => unknown

/** Lets a class inherit from `real`, and ask the object that `realOf` gives for all that the class does not tell itself. */
export function standFor(
  light: abstract new (...values: never[]) => object,
  real: abstract new (...values: never[]) => object,
  realOf: (stand: object) => object,
): void {
  const prototype = light.prototype as object
  const from = real.prototype as object
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
