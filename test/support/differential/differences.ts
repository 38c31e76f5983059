// The intended differences between our Sockets and Python's, with their reasons.
import { isDeepStrictEqual } from 'node:util'
import type { Outcome, Program, Step } from './program.js'

interface Difference {
  why: string
  /** `blocking`: Python's sockets block as C's do. Otherwise they wait with a timeout of Python's. */
  is(step: Step, theirs: Outcome, ours: Outcome, blocking: boolean): boolean
  /** Whether the two states differ after it. */
  parts?: true
}

const errorOf = (outcome: Outcome): string | undefined => ('error' in outcome ? outcome.error : undefined)

// The runs of bytes in an outcome; empty if it has no bytes.
function bytesOf(outcome: Outcome): string {
  const [received] = 'value' in outcome ? [outcome.value].flat() : []
  return typeof received === 'string' ? received : ''
}

// The number of bytes in an outcome; −1 if it has no bytes.
const lengthOf = (outcome: Outcome): number =>
  'value' in outcome && [outcome.value].flat().some(value => typeof value === 'string')
    ? bytesOf(outcome)
        .split(' ')
        .reduce((length, run) => length + Number(run.split('*')[1] ?? 0), 0)
    : -1

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
    why: 'with MSG_WAITALL it goes on behind descriptors for which there is no room: the kernel ends a receive there',
    is: (step, theirs, ours) =>
      'flags' in step &&
      step.flags.includes('MSG_WAITALL') &&
      lengthOf(theirs) > 0 &&
      bytesOf(ours).startsWith(`${bytesOf(theirs)} `),
    parts: true,
  },
  {
    why: 'a timeout is the object’s: to set one makes no call, on a socket that is closed either',
    is: (step, theirs) => step.op === 'settimeout' && errorOf(theirs) === 'EBADF',
  },
]

/** Whether the two outcomes are the same, or their difference is intended. */
export function expected(step: Step, theirs: Outcome, ours: Outcome, blocking: boolean): boolean {
  return isDeepStrictEqual(theirs, ours) || known(step, theirs, ours, blocking) !== undefined
}

function known(step: Step, theirs: Outcome, ours: Outcome, blocking: boolean): Pick<Difference, 'parts'> | undefined {
  if (step.op !== 'join') return differences.find(difference => difference.is(step, theirs, ours, blocking))
  const [begun, here] = [theirs, ours].map(outcome => ('value' in outcome ? (outcome.value as Outcome[]) : []))
  const receive: Step = { op: 'recv', at: 0, size: 1, flags: [] }
  const same =
    begun!.length === here!.length && begun!.every((their, i) => expected(receive, their, here![i]!, blocking))
  return same ? {} : undefined
}

/** The number of steps whose outcomes are compared: up to the first intended difference of the two states. */
export function comparable({ steps, blocking }: Program, theirs: readonly Outcome[], ours: readonly Outcome[]): number {
  const parting = steps.findIndex(
    (step, i) => !isDeepStrictEqual(theirs[i], ours[i]) && known(step, theirs[i]!, ours[i]!, blocking)?.parts,
  )
  return parting < 0 ? steps.length : parting
}
