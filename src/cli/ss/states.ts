// The states of sockets: their numbers in the kernel, which all families share, and their names in ss(8).
import { oneOf, UsageError } from '../command.js'

// As in the filters of ss, and as in its column. The number of each is its place. net/tcp_states.h
const states: readonly (readonly [word: string, shown: string])[] = [
  ['unknown', 'UNKNOWN'],
  ['established', 'ESTAB'],
  ['syn-sent', 'SYN-SENT'],
  ['syn-recv', 'SYN-RECV'],
  ['fin-wait-1', 'FIN-WAIT-1'],
  ['fin-wait-2', 'FIN-WAIT-2'],
  ['time-wait', 'TIME-WAIT'],
  ['unconnected', 'UNCONN'],
  ['close-wait', 'CLOSE-WAIT'],
  ['last-ack', 'LAST-ACK'],
  ['listening', 'LISTEN'],
  ['closing', 'CLOSING'],
]

/** The name of a state in the listing. */
export const shownState = (state: number): string => states[state]?.[1] ?? 'UNKNOWN'

const maskOf = (...words: string[]): number =>
  states.reduce((mask, [word], state) => (words.includes(word) ? mask | (1 << state) : mask), 0)

/** States as a mask with the bit of each: all that there are. */
export const everyState = 0xfff & ~maskOf('unknown')
/** Those that -l lists. */
export const waiting = maskOf('listening', 'unconnected')
/** Those that are listed without -a and -l. */
export const connected = everyState & ~maskOf('listening', 'unconnected', 'time-wait', 'syn-recv')

// The words of a filter; the last four are groups of states.
const masks: Readonly<Record<string, number>> = {
  ...Object.fromEntries(states.slice(1).map(([word]) => [word, maskOf(word)])),
  all: everyState,
  connected: everyState & ~maskOf('listening', 'unconnected'),
  synchronized: everyState & ~maskOf('listening', 'unconnected', 'syn-sent'),
  bucket: maskOf('syn-recv', 'time-wait'),
  big: everyState & ~maskOf('syn-recv', 'time-wait'),
}

/** The words that may follow `state` and `exclude`. */
export const stateWords = Object.keys(masks)

/** The states that a filter selects: `state established state close-wait`, `exclude time-wait`; undefined without one. */
export function statesOf(filter: readonly string[]): number | undefined {
  let mask: number | undefined
  for (let i = 0; i < filter.length; i += 2) {
    const verb = oneOf('FILTER', filter[i]!, ['state', 'exclude'])
    const word = filter[i + 1]
    if (word === undefined) throw new UsageError(`${verb}: needs the name of a state`)
    const named = masks[oneOf(verb, word, stateWords)]!
    mask = verb === 'state' ? (mask ?? 0) | named : (mask ?? everyState) & ~named
  }
  return mask
}
