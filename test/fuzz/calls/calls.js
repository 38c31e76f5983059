// The calls of a seed: a call has a count, from which its target and its text are found, so that it can be made again alone.
import { begin } from './world.js'
import { targets } from './targets.js'
import { generator, makers } from './texts.js'

await begin()
const { called, left } = targets()

/** The names of all targets. */
export const names = called.map(([name]) => name)
/** How many functions are left out. */
export const leftOut = left

const factors = (a, b) => (b === 0 ? a : factors(b, a % b))
let stride = 409
while (factors(stride, called.length) !== 1) stride++

/** The target's name and the text of a call. As many calls as there are targets, one after another, reach each of them. */
export function textOf(seed, count) {
  const [name, text] = called[(count * stride + seed * 31) % called.length]
  return [name, text(makers(generator(seed, count)))]
}
