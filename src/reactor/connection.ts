// A stream connection whose handlers are called from the event loop.
import type { Parts } from '../shown.js'
import { shownAddress, shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { checkInteger, checkProperties, invalidThis, invalidType } from '../checks.js'
import { constants } from 'node:os'
import type { SocketAddress } from '../structs/address.js'
import { MSG_PEEK, SHUT_WR, SO_ERROR, SO_LINGER, SOL_SOCKET } from '../constants.js'
import { socketError } from '../errors.js'
import type { SocketError } from '../errors.js'
import { fdOf } from '../descriptors/descriptor.js'
import { tryAddressOf } from '../descriptors/names.js'
import { NOSIGNAL, statOf } from '../descriptors/open.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import { debugging } from '../descriptors/ownership.js'
import { END, ERROR, hold, large, MORE, RDHUP, READABLE, receive, unwatch, watch, WRITABLE } from '../loop.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import * as sys from '../syscalls/index.js'
import { lentRoom } from '../syscalls/room.js'
import { handlerProperties, report } from './handlers.js'
import type { Given, Handlers } from './handlers.js'
import type { Origin } from './origin.js'
import { newScope, runIn } from './scope.js'
import type { Scoped } from './scope.js'
import { SendQueue, TURN } from './send-queue.js'

const { EAGAIN, EINTR, ENOTCONN, EPIPE } = constants.errno

const whole = 2 ** 31 - 1 // whatever is there

/** The buffer of each receive, for all connections. Half the size halves the speed of large messages. */
const slab = lentRoom(256 * 1024)

// The latest view of the slab: many messages have the same length.
let view = slab

const received = (length: number): Buffer => (view.length === length ? view : (view = slab.subarray(0, length)))

// The state of a connection in bits, so that ten thousand idle connections need little memory.
const CONNECTING = 1
const FULL = 2 // a write has returned false, and neither `drain` nor `reset` was called since
const PAUSED = 4
const ENDING = 8 // `end` was called: no more is written
const FINISHED = 16 // sending was shut down
const ENDED = 32 // end-of-file was received
const UNREAD = 64 // bytes may have arrived while it was paused
const BROKEN = 128 // the poller has reported an error that was not read yet
const AGAIN = 256 // it receives the rest in the next turn of the event loop
const RESET = 512 // the handler `reset` was called
const HUNG_UP = 1024 // the peer has stopped sending; bytes before that may still be unread

// With BSD_SOCKETS_DEBUG it overwrites the bytes of `data` after the call, so that a handler that keeps the view sees it.
const poison = 0xa5

// The maximum number of receives of one connection in a turn of the event loop, so that others are served too.
const receivesInTurn = 4
let again: Connection[] = []

const integer = new Int32Array(1)
const four = new Uint32Array([4])
const oneByte = new Uint8Array(1)

// Reads and clears the pending error; 0: none. socket(7), SO_ERROR
function takeError(fd: number): number {
  integer[0] = 0
  sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, integer, four)
  return integer[0]
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: Connection) => unknown

/** A connection of a reactor. Its handlers were given to `listen` or `connect`. */
export class Connection {
  /** Any value that handlers want to keep with the connection. */
  context: unknown = undefined
  /** @internal The tick of its origin when bytes were last received or sent. */
  lastTick: number
  #fd: number
  readonly #origin: Origin
  /** @internal */
  stores: Scoped['stores']
  #given: Given // the handlers, and the async context in which they are called
  #queue: SendQueue | undefined // bytes that the kernel has not taken yet
  #state: number // the bits above
  #kept: Buffer | undefined // bytes that the loop had received when it was paused
  #error: SocketError | undefined // sending failed: the connection is closed with it when all received bytes are delivered

  static {
    brand = self => {
      try {
        return self.#fd
      } catch {
        throw invalidThis('Connection')
      }
    }
  }

  /** For `listen` and `connect` only. `connecting`: a connect(2) is in progress. */
  constructor(fd: number, origin: Origin, connecting: boolean) {
    this.#fd = fd
    this.#origin = origin
    this.#given = origin
    this.#state = connecting ? CONNECTING : 0
    this.lastTick = origin.tick
    watch(fd, this)
    if (!connecting) receive(fd, whole)
    hold(1)
  }

  /** The descriptor, for example for options; −1 after it is closed. */
  get fd(): number {
    brand(this)
    return this.#fd
  }

  /** Whether connect(2) is in progress. */
  get connecting(): boolean {
    brand(this)
    return this.#is(CONNECTING) && this.#fd >= 0
  }

  /** Whether the peer has stopped sending. While the connection is paused, this may be true before `end` is called. */
  get peerEnded(): boolean {
    brand(this)
    return this.#is(ENDED | HUNG_UP)
  }

  /** The number of bytes that wait to be sent. */
  get queued(): number {
    brand(this)
    return this.#queue?.bytes ?? 0
  }

  /**
   * The address of the peer; undefined before it is connected, and after the peer has disconnected or the connection is closed.
   * In `open` of a server it is that of accept(2), even if the peer has disconnected. getpeername(2)
   */
  get remoteAddress(): SocketAddress | undefined {
    brand(this)
    if (this.#is(CONNECTING)) return undefined
    const address = tryAddressOf(this.#fd, 'getpeername')
    return typeof address === 'number' ? this.#origin.peerOf(this) : address
  }

  /** The connection's own address; undefined after it is closed. getsockname(2) */
  get localAddress(): SocketAddress | undefined {
    brand(this)
    const address = tryAddressOf(this.#fd, 'getsockname')
    return typeof address === 'number' ? undefined : address
  }

  /**
   * Sends as many bytes as the kernel takes, and queues a copy of the rest. Returns false if `highWaterMark` bytes or more are
   * queued: then wait for `drain`. If the connection is closed or was reset, the data is dropped, and the result is false.
   * send(2)
   *
   * @throws SocketError EPIPE after `end()`
   */
  write(data: Data): boolean {
    brand(this)
    if (this.#fd < 0 || this.#error !== undefined) return this.#drops()
    if (this.#is(ENDING)) throw socketError(EPIPE, 'send', { fd: this.#fd })
    const bytes = bytesOf(data)
    let sent = 0
    if (this.#queue === undefined && !this.#is(CONNECTING)) {
      do sent = sys.send(this.#fd, bytes, NOSIGNAL)
      while (sent === -EINTR)
      if (sent >= 0) this.lastTick = this.#origin.tick
      if (sent === bytes.byteLength) return true
      if (sent < 0) {
        if (sent !== -EAGAIN) return this.#failLater(sent, 'send')
        sent = 0
      }
    }
    this.#queue ??= new SendQueue()
    this.#queue.push(bytes, sent)
    return this.#hasRoom(this.#queue)
  }

  /**
   * Sends `count` bytes of a file from `offset`, behind what is queued; default: the rest of the file. They go from the file to
   * the socket within the kernel. The connection owns the descriptor from now on: it is closed when the bytes are sent or the
   * connection is closed. If this call throws, it is still the caller's. Returns as `write`. The connection is closed by an
   * error of sendfile(2), and with EIO if the file ends before. sendfile(2)
   *
   * @throws SocketError EPIPE after `end()`, EBADF for a closed file
   */
  sendfile(file: OwnedFd, offset = 0, count = Infinity): boolean {
    brand(this)
    if (!(file instanceof OwnedFd)) throw invalidType('file', file, 'an instance of OwnedFd')
    const fd = fdOf(file, 'sendfile')
    checkInteger('offset', offset, 0, Number.MAX_SAFE_INTEGER)
    if (count !== Infinity) checkInteger('count', count, 0, Number.MAX_SAFE_INTEGER)
    const length = count === Infinity ? Math.max(0, statOf(fd).size - offset) : count
    if (this.#fd >= 0 && this.#error === undefined) {
      if (this.#is(ENDING)) throw socketError(EPIPE, 'sendfile', { fd: this.#fd })
      if (length > 0) return this.#sendFile(file, offset, length)
    }
    file.close()
    return this.#error === undefined ? this.#fd >= 0 && !this.#is(FULL) : this.#drops()
  }

  /**
   * Sends the queued bytes and `data`, then shuts down sending. Receiving continues. shutdown(2)
   *
   * @throws TypeError for wrong data. An error of shutdown(2) closes the connection, and `close` gets it
   */
  end(data?: Data): void {
    brand(this)
    if (data !== undefined) this.write(data)
    if (this.#is(ENDING) || this.#fd < 0) return
    this.#set(ENDING, true)
    if (this.#queue === undefined && !this.#is(CONNECTING)) this.#finish()
  }

  /**
   * Closes the connection now; queued bytes are dropped. close(2)
   *
   * @throws SocketError if close(2) of a queued file reports an error
   */
  destroy(error?: Error): void {
    brand(this)
    const fd = this.#fd
    if (fd < 0) return
    this.#fd = -1
    this.#queue?.drop()
    this.#queue = this.#kept = undefined
    unwatch(fd, true) // a duplicate may be open in another process
    sys.close(fd)
    hold(-1)
    this.#origin.closed()
    try {
      this.#run('close', error ?? this.#error)
    } catch (thrown) {
      this.#report(thrown)
    }
  }

  /**
   * Closes the connection so that the peer gets a reset (RST). socket(7), SO_LINGER
   *
   * @throws SocketError if close(2) of a queued file reports an error
   */
  reset(): void {
    brand(this)
    if (this.#fd < 0) return
    sys.setsockopt(this.#fd, SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
    this.destroy()
  }

  /** Stops receiving until `resume`. When the kernel's buffers are full, the peer has to wait. */
  pause(): void {
    brand(this)
    this.#set(PAUSED, true)
    if (this.#fd >= 0) receive(this.#fd, 0)
  }

  /** Receives again, after `pause`. */
  resume(): void {
    brand(this)
    if (!this.#is(PAUSED)) return
    this.#set(PAUSED, false)
    if (this.#is(UNREAD) || this.#kept !== undefined) setImmediate(() => this.ready(READABLE | END))
  }

  /**
   * Hands the connection to another protocol: from now on its handlers are called, and the previous ones no more. `open` is
   * the first, then `data` with the bytes `received` before that belong to this protocol. `context` is undefined again, and
   * the connection is not paused. Does nothing if the connection is closed. recv(2)
   *
   * @throws TypeError if a handler is no function, or for received bytes that are no Buffer. What a handler throws goes
   *   to its `error`
   */
  handOver(handlers: Handlers, received?: Buffer): void {
    brand(this)
    checkProperties('handlers', handlers, handlerProperties)
    if (received !== undefined && !(ArrayBuffer.isView(received) && Buffer.isBuffer(received)))
      throw invalidType('received', received, 'an instance of Buffer')
    if (this.#fd < 0) return
    this.#given = { handlers, scope: newScope('Connection') }
    this.stores = this.context = undefined
    this.resume()
    this.#call('open')
    if (this.#fd < 0 || received === undefined || received.length === 0) return
    if (!this.#is(PAUSED)) return this.#received(received)
    this.#kept = this.#kept === undefined ? Buffer.from(received) : Buffer.concat([received, this.#kept])
    this.#set(UNREAD, true)
  }

  /** @internal Calls a step as a handler is called: in the context of the handlers, without what any of them has entered. */
  begin(step: () => void): void {
    this.stores = undefined
    runIn(this.#given.scope, this, step, undefined, undefined, undefined)
  }

  /** @internal For its server, when it is connected. */
  opened(): void {
    this.#call('open')
  }

  /** @internal For its server. */
  isOf(origin: Origin): boolean {
    return this.#origin === origin
  }

  /** @internal For the loop. */
  ready(readiness: number): void {
    if (!this.#awake(readiness)) return
    if (readiness & READABLE && !this.#is(ENDED)) this.#receive((readiness & END) !== 0 || this.#origin.local)
    this.#settle(readiness)
  }

  /** @internal For the loop: as `ready`, after the loop has received. */
  received(readiness: number, result: number, bytes: Buffer): void {
    if (!this.#awake(readiness)) return
    if (!this.#is(ENDED)) {
      if (result >= large) receive(this.#fd, 0)
      const drain = (readiness & (END | MORE)) !== 0 || this.#origin.local
      if (this.#is(PAUSED) && result >= 0) {
        this.#set(UNREAD, true)
        if (result > 0) this.#kept = this.#kept === undefined ? Buffer.from(bytes) : Buffer.concat([this.#kept, bytes])
      } else if (this.#took(result, bytes, drain)) this.#receive(drain)
    }
    this.#settle(readiness)
  }

  /** @internal For console.log: one line. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({
      fd: this.#fd,
      local: shownAddress(this.localAddress),
      peer: shownAddress(this.remoteAddress),
      queued: this.queued === 0 ? undefined : `${this.queued} bytes`,
      paused: this.#is(PAUSED) || undefined,
      state: this.#fd < 0 ? 'closed' : this.#is(CONNECTING) ? 'connecting' : this.#is(ENDING) ? 'ending' : 'connected',
    })
    return shownObject(this, 'Connection', depth, options, parts, ['lastTick', 'stores'])
  }

  #is(bit: number): boolean {
    return (this.#state & bit) !== 0
  }

  #set(bit: number, on: boolean): void {
    this.#state = on ? this.#state | bit : this.#state & ~bit
  }

  // The first step after each event. Returns whether it is connected.
  #awake(readiness: number): boolean {
    if (this.#fd < 0) return false
    this.lastTick = this.#origin.tick
    if (readiness & ERROR) this.#set(BROKEN, true)
    if (readiness & RDHUP) this.#set(HUNG_UP, true)
    return !this.#is(CONNECTING) || this.#connected()
  }

  // The last step after each event. Sending is last, since its error must not hide received bytes.
  #settle(readiness: number): void {
    if (readiness & WRITABLE && this.#queue !== undefined) this.#flush(this.#queue)
    if (this.#fd >= 0 && this.#state & BROKEN && this.#state & (PAUSED | ENDED)) this.#look()
    if (this.#fd >= 0 && this.#error !== undefined) this.#giveUp()
  }

  #sendFile(file: OwnedFd, offset: number, length: number): boolean {
    const first = this.#queue === undefined && !this.#is(CONNECTING)
    const queue = (this.#queue ??= new SendQueue())
    queue.pushFile(file, offset, length)
    if (first) {
      const result = queue.flush(this.#fd)
      this.lastTick = this.#origin.tick
      if (result === 0) this.#queue = undefined
      else if (result === TURN) this.#flushLater()
      else if (result !== -EAGAIN) return this.#failLater(result, 'sendfile')
    }
    return this.#hasRoom(queue)
  }

  #hasRoom(queue: SendQueue): boolean {
    this.#set(FULL, queue.bytes >= this.#origin.highWaterMark)
    return !this.#is(FULL)
  }

  // The result of a write whose data is dropped: its caller waits for `drain`, so a paused connection is looked at again.
  #drops(): false {
    if (this.#fd < 0 || this.#is(ENDING)) return false
    if (this.#is(PAUSED) && !this.#is(FULL)) setImmediate(() => this.ready(READABLE | END))
    this.#set(FULL, true)
    return false
  }

  // Without `drain`, a receive that does not fill the slab has taken all bytes.
  #receive(drain: boolean): void {
    for (let i = 0; i < receivesInTurn; i++) {
      if (this.#is(PAUSED) || this.#fd < 0) {
        this.#set(UNREAD, true)
        return
      }
      if (this.#kept !== undefined) {
        const bytes = this.#kept
        this.#kept = undefined
        this.#received(bytes)
        continue
      }
      const count = sys.recv(this.#fd, slab, 0)
      if (!this.#took(count, count > 0 ? received(count) : slab, drain || count === slab.length)) {
        if (count < large && !(this.#state & (PAUSED | ENDED)) && this.#fd >= 0) receive(this.#fd, whole)
        return
      }
    }
    if (this.#is(AGAIN)) return
    this.#set(AGAIN, true)
    if (again.push(this) === 1) setImmediate(() => Connection.#continue())
  }

  static #continue(): void {
    const connections = again
    again = []
    for (const connection of connections) {
      connection.#set(AGAIN, false)
      connection.ready(READABLE | END)
    }
  }

  // Handles the result of recv(2). Returns whether to receive again.
  #took(result: number, bytes: Buffer, more: boolean): boolean {
    if (result > 0) {
      this.#received(bytes)
      if (debugging) bytes.fill(poison)
      this.#set(UNREAD, more)
      return more
    }
    if (result === -EINTR) return true
    if (result === 0) this.#peerEnded()
    else if (result !== -EAGAIN) this.destroy(socketError(result, 'recv', { fd: this.#fd }))
    else if (this.#error !== undefined) this.destroy()
    else this.#set(UNREAD, false)
    return false
  }

  #peerEnded(): void {
    this.#set(ENDED, true)
    receive(this.#fd, 0)
    const errno = this.#error?.errno
    // After the error of a reset was read, recv(2) returns 0 too: that is no end-of-file. With EPIPE it is one.
    if (errno !== undefined && errno !== -EPIPE) return this.destroy()
    if (this.#given.handlers.end !== undefined) this.#call('end')
    else this.#set(ENDING, true)
    if (errno !== undefined || (this.#is(ENDING) && this.#queue === undefined)) this.destroy()
  }

  // Reads an error that receiving does not find, since the connection is paused, or the peer has ended.
  #look(): void {
    this.#set(BROKEN, false)
    const errno = takeError(this.#fd)
    if (errno !== 0) this.#fail(errno, 'recv') // this error is more precise than EPIPE of a send
  }

  // Sending has failed. Received bytes are delivered, and then the connection is closed.
  #giveUp(): void {
    if (this.#is(ENDED)) return this.destroy()
    if (!this.#is(PAUSED)) return this.#is(AGAIN) ? undefined : this.#receive(true)
    // A handler that waits for `drain` would wait for ever, unless `reset` ends that.
    const forgotten = this.#is(FULL) && (this.#is(RESET) || this.#given.handlers.reset === undefined)
    if (forgotten || !this.#unread()) return this.destroy()
    this.#set(UNREAD, true)
    if (this.#is(RESET)) return
    this.#set(RESET, true)
    this.#set(FULL, false)
    try {
      this.#run('reset', this.#error)
    } catch (error) {
      this.threw(error)
    }
  }

  #unread(): boolean {
    return this.#kept !== undefined || sys.recv(this.#fd, oneByte, MSG_PEEK) > 0
  }

  #flush(queue: SendQueue): void {
    const result = queue.flush(this.#fd)
    if (result === -EAGAIN) return
    if (result === TURN) return this.#flushLater()
    if (result < 0) return this.#failSending(result, queue.syscall)
    this.#queue = undefined
    if (this.#is(ENDING)) return this.#finish()
    if (!this.#is(FULL)) return
    this.#set(FULL, false)
    this.#call('drain')
  }

  #flushLater(): void {
    setImmediate(() => this.ready(WRITABLE))
  }

  // Shuts down sending when the queue is empty; only once.
  #finish(): void {
    if (this.#is(ENDED)) return this.destroy()
    if (this.#is(FINISHED)) return
    this.#set(FINISHED, true)
    const result = sys.shutdown(this.#fd, SHUT_WR)
    if (result < 0 && result !== -ENOTCONN) this.#failLater(result, 'shutdown') // a peer that has disconnected is reported by receiving
  }

  // Checks a connect in progress. Returns whether it is connected.
  #connected(): boolean {
    const errno = takeError(this.#fd)
    if (errno !== 0) {
      if (!this.#unread()) {
        this.destroy(socketError(errno, 'connect', { address: this.#origin.where, fd: this.#fd }))
        return false
      }
      this.#fail(errno, 'recv') // it was connected, and reset before this event
    } else if (tryAddressOf(this.#fd, 'getpeername') === -ENOTCONN) return false
    this.#set(CONNECTING, false)
    this.#call('open')
    if (this.#is(ENDING) && this.#queue === undefined && this.#fd >= 0) this.#finish()
    return this.#fd >= 0
  }

  #fail(errno: number, syscall: string): void {
    this.#error = socketError(errno, syscall, { fd: this.#fd })
    this.#queue?.drop()
    this.#queue = undefined
  }

  #failSending(errno: number, syscall: string): void {
    this.#fail(errno, syscall)
    this.#set(BROKEN, true) // a more precise error may follow
  }

  // For a failure within a handler: the connection is closed only after it returns.
  #failLater(errno: number, syscall: string): false {
    this.#failSending(errno, syscall)
    setImmediate(() => this.ready(READABLE | END))
    this.#set(FULL, true)
    return false
  }

  #received(bytes: Buffer): void {
    try {
      this.#run('data', bytes)
    } catch (error) {
      this.threw(error)
    }
  }

  #call(name: 'open' | 'drain' | 'end'): void {
    try {
      this.#run(name)
    } catch (error) {
      this.threw(error)
    }
  }

  #run(name: Exclude<keyof Handlers, 'error'>, value?: unknown): void {
    const { handlers, scope } = this.#given
    // oxlint-disable-next-line typescript/unbound-method -- it is called with its own `this`
    const named = name === 'data' ? handlers.data : handlers[name] // a name known here is looked up in half the time
    const handler = named as ((this: Handlers, connection: Connection, value: unknown) => void) | undefined
    if (handler !== undefined) runIn(scope, this, handler, handlers, this, value)
  }

  /** @internal For its server: reports what a handler threw, and closes the connection. */
  threw(error: unknown): void {
    this.#report(error)
    this.destroy(error as Error)
  }

  #report(error: unknown): void {
    const { scope, handlers } = this.#given
    runIn(
      scope,
      this,
      (connection: Connection | null) => report(handlers, error, connection),
      null,
      this.#fd < 0 ? null : this,
      null,
    )
  }
}
