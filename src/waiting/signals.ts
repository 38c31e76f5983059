// Signals that come while JavaScript runs, when their listeners cannot.
import { constants } from 'node:os'
import { AF_UNIX, SOCK_STREAM } from '../constants.js'
import { SocketError } from '../errors.js'
import { isMainThread, native } from '../syscalls/native.js'
import { openPair } from '../descriptors/open.js'
import { watch } from '../loop.js'
import * as sys from '../syscalls/index.js'

const numbers: Readonly<Record<string, number>> = constants.signals

// On a terminal Node listens for SIGWINCH itself, unasked.
const isHeard = (name: string | symbol): name is string =>
  typeof name === 'string' && name in numbers && name !== 'SIGWINCH'

let come = 0
let told: number | undefined // how many of these the program knows of, by its listeners or by an error
let asked = false // by a wait
let writer = -1 // each signal writes a byte here, by which the event loop tells that it has got as far as their listeners

/** Counts these from now on; how many have come of them, and of those of earlier calls. */
const count = (heard: string[]): number => native.environment.signals(writer, ...heard.map(name => numbers[name]!))

const drained = Buffer.alloc(256)

function follow(): void {
  const [reader, other] = openPair(AF_UNIX, SOCK_STREAM, 0)
  try {
    // libuv calls the listeners of signals after those of descriptors: they come after this.
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
 * Whether a signal that `process` has a listener for has come which the program does not know of: its listener has not
 * run, nor was it `told`. In a worker none ever comes. signal(7)
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
      if (!(error instanceof SocketError)) throw error // without a descriptor that is free one may hear of too much
    }
  }
  come = count(heard)
  return come !== told
}

/** The program is being notified of all signals that have come, and now their listeners will run, even if it ends at once. */
export function tellSignals(): void {
  if (told === come) return
  told = come
  setImmediate(() => setImmediate(() => {})) // two turns of the event loop: in its first one it may not look yet
}

// Until a wait first asks, those are known to be new that come in the run of JavaScript that adds a listener.
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
    if (isHeard(name)) heed([name]) // Node's own listener for this event, before it, has set its handler
  })
}
