// Publishes each system call on a channel of node:diagnostics_channel. A channel without subscribers costs nothing here: the
// addon calls `publish` only while there is one (native/addon/trace.h).
import { channel, subscribe } from 'node:diagnostics_channel'
import type { ChannelListener } from 'node:diagnostics_channel'
import { messageOf } from './message.js'
import { call, native } from '../native.js'
import type { Tracer, View } from '../native.js'
import { writeToFile } from './file.js'
import { writeLine } from './lines.js'
import { writeMark } from './marks.js'

const { environment } = native

const calls = channel('bsd-sockets:call')

// What the copies of this package in one process share, since they share the channel.
interface Shared {
  /** Starts to publish, for each copy. */
  readonly starts: (() => void)[]
  /** Whether a subscriber runs: its own calls would go round for ever. */
  publishing: boolean
}

const key = Symbol.for('bsd-sockets:call')
const holder = calls as typeof calls & { [key]?: Shared }
const first = holder[key] === undefined
const shared = (holder[key] ??= { starts: [], publishing: false })

let traced = false
let thread = 0 // the system's number of this one
let offset = 0n // from the clock of the addon to that of process.hrtime, which differ on some systems

const publish: Tracer = (name, began, ended, result, ...values) => {
  if (shared.publishing) return
  if (!calls.hasSubscribers) {
    traced = false
    environment.trace(false, publish)
    return
  }
  shared.publishing = true
  try {
    calls.publish(messageOf(name, values, result, began + offset, ended + offset, thread, publish))
  } finally {
    shared.publishing = false
  }
}

shared.starts.push(() => {
  if (traced) return
  traced = true
  environment.trace(true, publish)
  thread = environment.thread()
  const difference = process.hrtime.bigint() - environment.clock()
  offset = difference < 1_000_000n && difference > -1_000_000n ? 0n : difference
})

const start = (): void => {
  for (const each of shared.starts) each()
}

type Subscribe = (this: unknown, subscriber: ChannelListener) => void

// A channel does not say that somebody subscribes, so its method does.
if (first) {
  Object.defineProperty(calls, 'subscribe', {
    configurable: true,
    writable: true,
    value(this: object, subscriber: ChannelListener) {
      const prototype = Object.getPrototypeOf(this) as { subscribe: Subscribe } // another one with subscribers
      prototype.subscribe.call(this, subscriber)
      start()
    },
  })
  const { BSD_SOCKETS_TRACE, BSD_SOCKETS_TRACE_FILE, BSD_SOCKETS_TRACE_MARKS } = process.env
  if (BSD_SOCKETS_TRACE) subscribe(calls.name, writeLine)
  if (BSD_SOCKETS_TRACE_FILE) subscribe(calls.name, writeToFile)
  if (BSD_SOCKETS_TRACE_MARKS) {
    call<(fd: number, view: View) => number>('write')(-1, Buffer.from('bsd-sockets:call null')) // marks of this thread's calls follow
    subscribe(calls.name, writeMark)
  }
}
if (calls.hasSubscribers) start()
