// Ending a blocked call from another thread: a flag in shared memory says whose call, and a byte wakes its thread.
import { types } from 'node:util'
import { invalidType } from '../checks.js'
import { native } from '../syscalls/native.js'
import { openPair } from '../descriptors/open.js'
import { AF_UNIX, SOCK_STREAM } from '../constants.js'
import * as sys from '../syscalls/index.js'

/** A handle to be sent to other threads, with postMessage or in workerData: `interrupt` takes it there. */
export interface Interrupter {
  /** The number of the thread to wake. */
  readonly waker: number
  /** Its one element is 1 from the time that it was fired until a call has been ended by that. */
  readonly fired: Int32Array
}

let waker = 0
let alarm = -1 // readable once somebody has woken this thread
const fired = new WeakMap<object, Int32Array>()
const unfired = new Int32Array(1)

function startAlarm(): void {
  const [reader, writer] = openPair(AF_UNIX, SOCK_STREAM, 0)
  alarm = reader
  waker = native.environment.waker(writer)
}

/** The handle of what blocks; each has one. */
export function interrupterOf(blocking: object): Interrupter {
  if (alarm < 0) startAlarm()
  let flag = fired.get(blocking)
  if (flag === undefined) fired.set(blocking, (flag = new Int32Array(new SharedArrayBuffer(4))))
  return { waker, fired: flag }
}

/**
 * Ends the call that blocks in another thread, or the next one there that would have to wait, with an
 * InterruptedError; to do so again before that has happened changes nothing. Returns false where there is nobody any
 * more to be told: the thread has ended.
 */
export function interrupt(interrupter: Interrupter): boolean {
  if (!types.isInt32Array(interrupter?.fired)) throw invalidType('interrupter', interrupter, 'an Interrupter')
  Atomics.store(interrupter.fired, 0, 1)
  return native.environment.wake(interrupter.waker)
}

/** The descriptor that is readable once this thread was woken; −1 where nobody can. It is to be drained then. */
export const alarmDescriptor = (): number => alarm

const drained = Buffer.alloc(256)

/** What follows is to look at the flags: whoever sets one from now on wakes this thread anew. */
export function drainAlarm(): void {
  sys.recv(alarm, drained, 0)
}

const flagOf = (blocking: unknown): Int32Array | undefined => fired.get(blocking as object)

/** Whether one of these was interrupted. */
export function isInterrupted(blocking: readonly unknown[]): boolean {
  return alarm >= 0 && blocking.some(one => Atomics.load(flagOf(one) ?? unfired, 0) === 1)
}

/** The program is being told that these were interrupted. */
export function tellInterrupted(blocking: readonly unknown[]): void {
  for (const one of blocking) Atomics.store(flagOf(one) ?? unfired, 0, 0)
}
