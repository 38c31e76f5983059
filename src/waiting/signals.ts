// Detects signals that arrive while their listeners cannot run, since JavaScript runs or blocks.
import { constants } from 'node:os'
import { AF_UNIX, SOCK_STREAM } from '../constants.js'
import { SocketError } from '../errors.js'
import { isMainThread, native } from '../syscalls/native.js'
import { openPair } from '../descriptors/open.js'
import { watch } from '../loop.js'
import * as sys from '../syscalls/index.js'

const numbers: Readonly<Record<string, number>> = constants.signals

// On a terminal Node itself listens for SIGWINCH.
const isHeard = (name: string | symbol): name is string =>
  typeof name === 'string' && name in numbers && name !== 'SIGWINCH'

let come = 0
let told: number | undefined // the number of these that the program was notified of, by listeners or by an error
let asked = false // whether a wait has asked
let writer = -1 // each signal writes a byte here: when the event loop reads it, it is about to call their listeners

/** Counts these signals from now on. Returns how many have arrived, of these and of those of earlier calls. */
const count = (heard: string[]): number => native.environment.signals(writer, ...heard.map(name => numbers[name]!))

const drained = Buffer.alloc(256)

function follow(): void {
  const [reader, other] = openPair(AF_UNIX, SOCK_STREAM, 0)
  try {
    // libuv reports signals after descriptors: the listeners run after this.
    watch(reader, {
      ready() {
        while (sys.recv(reader, drained, 0) > 0) continue
        told = count([])
      },
    })
  } catch (error) {
    sys.close(reader)
    sys.close(other)
    throw error
  }
  writer = other
}

/**
 * Whether a signal with a listener of `process` has arrived of which the program was not notified: neither by the listener nor
 * by `tellSignals`. Always false in a worker. signal(7)
 */
export function signalCame(): boolean {
  if (!isMainThread) return false
  const heard = process.eventNames().filter(isHeard)
  if (heard.length === 0) return false
  told ??= count(heard)
  asked = true
  if (writer < 0) {
    try {
      follow()
    } catch (error) {
      if (!(error instanceof SocketError)) throw error // without a free descriptor a signal may be reported twice
    }
  }
  come = count(heard)
  return come !== told
}

/** The program is being notified of all signals so far. Their listeners will run, even if the program ends at once. */
export function tellSignals(): void {
  if (told === come) return
  told = come
  setImmediate(() => setImmediate(() => {})) // two turns: the first turn of the event loop may not check signals yet
}

// Before the first wait asks, signals count as new only in the run of JavaScript that adds a listener.
function heed(heard: string[]): void {
  const before = count(heard)
  if (asked) return
  told ??= before
  setImmediate(() => {
    if (!asked) told = undefined
  }).unref()
}

if (isMainThread) {
  const heard = process.eventNames().filter(isHeard)
  if (heard.length > 0) heed(heard)
  process.on('newListener', (name: string | symbol) => {
    if (isHeard(name)) heed([name]) // Node's own listener for this event ran before, and has set the handler
  })
}
