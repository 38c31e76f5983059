// Readiness from the event loop: one poller for each environment, each descriptor registered once, edge-triggered, and
// one call for a batch of events. native/poller/poller.h is the poller's contract, native/addon/loop.h that of the addon.
import { socketError } from './errors.js'
import { check } from './syscalls/result.js'
import { call, callOwning, native } from './syscalls/native.js'
import { lentRoom } from './syscalls/room.js'

const poller_add = call<(poller: number, fd: number) => number>('poller_add')
const poller_create = callOwning<() => number>('poller_create')
const poller_remove = call<(poller: number, fd: number) => number>('poller_remove')

/** A recv or an accept may succeed, or report end-of-file or an error. */
export const READABLE = 1
/** A send may succeed, a connect has ended, or either reports an error. */
export const WRITABLE = 2
/** Comes with both: an error is pending, as after a reset, or a message is in the error queue. */
export const ERROR = 4

/** Comes with READABLE: end-of-file or an error is behind the bytes to be received, and is reported once. */
export const END = 8
/** Comes with END: the peer has stopped sending, even if bytes are still to be received. */
export const RDHUP = 16

/** Comes with received bytes: the loop had room for no more, so that more may be there. */
export const MORE = 32

/** The listener of a descriptor. Readiness is only a hint: the call is tried again. */
export interface Watched {
  /** Called with READABLE, WRITABLE or both, and the other flags. It must not throw. */
  ready(readiness: number): void
  /**
   * Called instead after `receive` or `receiveFirst`: with the result of recv(2) too, a length or −errno, and the bytes, which
   * are valid during this call only.
   */
  received?(readiness: number, result: number, bytes: Buffer): void
}

// See native/addon/loop.h: an event is a descriptor, its readiness, and the result of receiving, or that nothing was
// received. Received bytes begin at multiples of a unit in the slab.
const eventSize = 3
const notReceived = -(2 ** 31)
const slabUnit = 64

const watched: (Watched | undefined)[] = [] // by descriptor
const since: number[] = [] // the batch in which watching began, by descriptor
const events = new Int32Array(256 * eventSize)
let slab: Buffer = Buffer.alloc(0) // replaced by the first `watch`
const views: (Buffer | undefined)[] = [] // the latest view of the slab by its start: many messages have the same length
const receives = new Int32Array(2 ** 20) // occupies no memory until it is written to

/** The batches of events: `count` is their number so far, for fairness; `size` is the number of events of the latest. */
export const batches = { count: 0, size: 0 }

function viewOf(start: number, length: number): Buffer {
  const view = views[start]
  return view?.length === length ? view : (views[start] = slab.subarray(start * slabUnit, start * slabUnit + length))
}

function dispatch(count: number): void {
  batches.count++
  batches.size = count
  let start = 0 // in units
  for (let i = 0; i < count * eventSize; i += eventSize) {
    const fd = events[i]!
    const result = events[i + 2]!
    const listener = since[fd] === batches.count ? undefined : watched[fd] // otherwise the event is for an earlier descriptor of this number
    if (result === notReceived) listener?.ready(events[i + 1]!)
    else {
      listener?.received!(events[i + 1]!, result, result > 0 ? viewOf(start, result) : slab)
      if (result > 0) start += Math.ceil(result / slabUnit)
    }
  }
}

// libuv is used on Node only: on Bun its functions abort the process, on Deno they report only one event. The thread that is
// used there can be tried on Node with BSD_SOCKETS_LOOP=thread.
const libuv =
  process.versions.bun === undefined && process.versions.deno === undefined && process.env.BSD_SOCKETS_LOOP !== 'thread'

let poller = -1

function start(): number {
  const made = check(poller_create(), 'poller_create')
  slab = lentRoom(256 * 1024)
  check(native.environment.start(made, events, slab, receives, dispatch, libuv), 'poller_watch') // closes it on failure
  return (poller = made)
}

/**
 * Watches a descriptor until `unwatch` or close(2). If it is ready already, that is reported too.
 *
 * @throws SocketError, EPERM for a regular file, which is always ready
 */
export function watch(fd: number, listener: Watched): void {
  const result = poller_add(poller < 0 ? start() : poller, fd)
  if (result < 0) throw socketError(result, 'poller_add', { fd })
  watched[fd] = listener
  since[fd] = batches.count
}

/** After pieces of this size in bytes, or larger ones, a listener receives itself: they would fill the slab, and be copied. */
export const large = 16 * 1024

/** Lets the loop receive at most `size` bytes for a watched descriptor with each batch of events, and call `received`; 0: no more. */
export function receive(fd: number, size: number): void {
  receives[fd] = size
}

/**
 * As `receive`, for somebody who waits for these bytes and may cease to: `received` is called before all that run code of
 * users, and must run none itself.
 */
export function receiveFirst(fd: number, size: number): void {
  receives[fd] = -size
}

/** The listeners of all watched descriptors. */
export function* watchers(): Generator<Watched, void, void> {
  for (const listener of watched) if (listener !== undefined) yield listener
}

/**
 * Stops watching a descriptor. With `shared` a duplicate may stay open, so the descriptor is also removed from the poller, which
 * would report it even after it is closed. epoll(7)
 */
export function unwatch(fd: number, shared = false): void {
  watched[fd] = undefined
  receive(fd, 0)
  if (shared) poller_remove(poller, fd)
}

let holders = 0

/** Keeps the process alive from a call with 1 to the matching call with −1. */
export function hold(change: 1 | -1): void {
  const before = holders
  holders += change
  if (before === 0 || holders === 0) native.environment.hold(holders > 0)
}
