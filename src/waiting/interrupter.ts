// Ends a blocked call from another thread: a flag in shared memory marks the call, and a byte wakes its thread.
import { types } from 'node:util'
import { invalidType } from '../checks.js'
import { native } from '../syscalls/native.js'
import { openPair } from '../descriptors/open.js'
import { AF_UNIX, SOCK_STREAM } from '../constants.js'
import * as sys from '../syscalls/index.js'

/** A handle for other threads, to be sent with postMessage or in workerData; the argument of `interrupt`. */
export interface Interrupter {
  /** The number of the thread to wake. */
  readonly waker: number
  /** A flag, in the only element: 1 from `interrupt` until a call was ended by it. */
  readonly fired: Int32Array
}

let waker = 0
let alarm = -1 // readable once another thread has woken this one
const fired = new WeakMap<object, Int32Array>()
const unfired = new Int32Array(1)

function startAlarm(): void {
  const [reader, writer] = openPair(AF_UNIX, SOCK_STREAM, 0)
  alarm = reader
  waker = native.environment.waker(writer)
}

/** The handle of an object with calls that block; each object has one. */
export function interrupterOf(blocking: object): Interrupter {
  if (alarm < 0) startAlarm()
  let flag = fired.get(blocking)
  if (flag === undefined) fired.set(blocking, (flag = new Int32Array(new SharedArrayBuffer(4))))
  return { waker, fired: flag }
}

/**
 * Ends the blocked call of another thread with an InterruptedError, or else its next call that has to wait. Doing so again
 * before that has no effect. Returns false if the thread has ended.
 *
 * @throws TypeError for what is no Interrupter
 */
export function interrupt(interrupter: Interrupter): boolean {
  const flag: unknown = interrupter?.fired
  if (!types.isInt32Array(flag) || flag.length === 0) throw invalidType('interrupter', interrupter, 'an Interrupter')
  Atomics.store(flag, 0, 1)
  return native.environment.wake(interrupter.waker)
}

/** The descriptor that is readable once this thread was woken, and is to be drained then; −1 if no thread can wake it. */
export const alarmDescriptor = (): number => alarm

const drained = Buffer.alloc(256)

/** Drains the descriptor; to be called before the flags are read. A flag set after this wakes the thread again. */
export function drainAlarm(): void {
  sys.recv(alarm, drained, 0)
}

const flagOf = (blocking: unknown): Int32Array | undefined => fired.get(blocking as object)

/** Whether one of these was interrupted. */
export function isInterrupted(blocking: readonly unknown[]): boolean {
  return alarm >= 0 && blocking.some(one => Atomics.load(flagOf(one) ?? unfired, 0) === 1)
}

/** Clears the flags: the program is being notified of these interrupts. */
export function tellInterrupted(blocking: readonly unknown[]): void {
  for (const one of blocking) Atomics.store(flagOf(one) ?? unfired, 0, 0)
}
