// The clients of a soak rest at the end of each period, all at the same time: then the servers have no connection, and
// what they still hold is theirs.
import { setTimeout as sleep } from 'node:timers/promises'

// Of a period: its last part, in which no client begins, and the moment near its end at which all are gone.
const restMs = period => Math.min(9000, period * 0.45)
const lateMs = 2500

/** Waits until clients may begin. */
export async function working(period) {
  const left = period - (Date.now() % period)
  if (left <= restMs(period)) await sleep(left)
}

/** Waits until all clients have ended. */
export async function resting(period) {
  const left = period - (Date.now() % period) - lateMs
  await sleep(left > 0 ? left : left + period)
}
