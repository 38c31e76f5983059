// Fairness between calls. A call that need not wait is made at once, which gives no other connection a turn. So after
// `burst` calls for each event of a batch, the next call waits for a turn of the event loop.
import { batches } from '../loop.js'

/** The number of calls that are made at once in a row. */
export const burst = 16

let left = burst
let seen = 0

/** Counts a call. Returns whether it is made at once. */
export function goesOn(): boolean {
  if (seen !== batches.count) left = burst * batches.size
  seen = batches.count
  if (left-- > 0) return true
  left = burst
  return false
}
