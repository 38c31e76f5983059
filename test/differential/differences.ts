// Where our Sockets are meant to differ from Python's, and why.
import { isDeepStrictEqual } from 'node:util'
import type { Outcome, Step } from './program.js'

interface Difference {
  why: string
  /** `blocking` is how Python's sockets wait: as C's do, or by a timeout of Python's. */
  is(step: Step, theirs: Outcome, ours: Outcome, blocking: boolean): boolean
}

const errorOf = (outcome: Outcome): string | undefined => ('error' in outcome ? outcome.error : undefined)

// How many bytes there are, whatever they are; −1 where there are none.
function lengthOf(outcome: Outcome): number {
  if (!('value' in outcome)) return -1
  const [received] = [outcome.value].flat()
  if (typeof received !== 'string') return -1
  return received.split(' ').reduce((length, run) => length + Number(run.split('*')[1] ?? 0), 0)
}

export const differences: readonly Difference[] = [
  {
    why: 'with a timeout Python waits before it makes the call, even one that can only fail or need not wait',
    is: (_step, theirs, _ours, blocking) => !blocking && errorOf(theirs) === 'ETIMEDOUT',
  },
  {
    why: 'to receive 0 bytes the kernel returns 0 when its own timeout is over',
    is: (step, theirs) => step.op.startsWith('recv') && 'size' in step && step.size === 0 && 'value' in theirs,
  },
  {
    why: 'with MSG_TRUNC TCP throws the bytes away: what Python returns is whatever its memory held. tcp(7)',
    is: (step, theirs, ours) =>
      'flags' in step && step.flags.includes('MSG_TRUNC') && lengthOf(theirs) === lengthOf(ours) && lengthOf(ours) >= 0,
  },
  {
    why: 'a timeout is the object’s: to set one makes no call, on a socket that is closed either',
    is: (step, theirs) => step.op === 'settimeout' && errorOf(theirs) === 'EBADF',
  },
]

/** Whether the two outcomes are the same, or differ as they are meant to. */
export function expected(step: Step, theirs: Outcome, ours: Outcome, blocking: boolean): boolean {
  if (isDeepStrictEqual(theirs, ours)) return true
  if (step.op !== 'join') return differences.some(difference => difference.is(step, theirs, ours, blocking))
  const [begun, here] = [theirs, ours].map(outcome => ('value' in outcome ? (outcome.value as Outcome[]) : []))
  const receive: Step = { op: 'recv', at: 0, size: 1, flags: [] }
  return begun!.length === here!.length && begun!.every((their, i) => expected(receive, their, here![i]!, blocking))
}
