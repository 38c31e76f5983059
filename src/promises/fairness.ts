// Whose turn it is. What need not wait is done at once, which gives nobody else a turn: so the next call waits for the loop
// after so many for each event of a batch.
import { batches } from '../loop.js'

/** How many calls in a row are made at once. */
export const burst = 16

let left = burst
let seen = 0

/** Whether the next call is made at once; counts it. */
export function goesOn(): boolean {
  if (seen !== batches.count) left = burst * batches.size
  seen = batches.count
  if (left-- > 0) return true
  left = burst
  return false
}
