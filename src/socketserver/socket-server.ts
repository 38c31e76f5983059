// The base of the servers over sockets.
import type { Parts } from '../shown.js'
import { shownAddress, shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { SO_REUSEADDR, SO_REUSEPORT, SOL_SOCKET } from '../constants.js'
import { checkInteger, invalidThis, invalidType } from '../checks.js'
import { duplicate } from '../descriptors/open.js'
import * as sys from '../syscalls/index.js'
import { AwaitableSocket } from './awaitable-socket.js'
import { BaseServer } from './base-server.js'
import type { HandlerClass } from './handlers.js'
import { threadFile } from '../syscalls/place.js'
import { ThreadPool } from '../thread.js'
import { checkModule } from './threads.js'
import type { ThreadData } from './threads.js'

/** The options of a server. */
export interface ServerOptions {
  /** Whether the constructor binds the socket and listens; default: true. */
  bindAndActivate?: boolean
  /** The number of connections that may wait to be accepted. listen(2) */
  requestQueueSize?: number
  /** Whether a port can be bound while old connections of it are in TIME_WAIT. SO_REUSEADDR, socket(7) */
  allowReuseAddress?: boolean
  /** Whether other sockets may have the same address. SO_REUSEPORT, socket(7) */
  allowReusePort?: boolean
  /** The largest size of a datagram, in bytes; default: 8192. Longer ones are truncated. */
  maxPacketSize?: number
  /** The value of `server.data` in handlers; in threads a structured clone of it. */
  data?: unknown
  /**
   * Whether each request has a thread to itself while it is handled. Threads are used again, so a module is loaded once in each.
   * The handler is then the URL of a module that exports it, as
   * `Handler` or by default: a function cannot go to another thread.
   */
  threading?: boolean
  /** The number of requests handled at the same time; default: 40. Others wait to be accepted. */
  maxThreads?: number
  /**
   * The number of threads that wait for requests while `serveForever` runs, so that so many requests at once need not wait for the
   * start of their thread; default: 0. Each takes some 9 MB.
   */
  minSpareThreads?: number
  /** Whether the process may end while threads handle requests; it then ends the threads. Default: false. */
  daemonThreads?: boolean
  /** Whether `serverClose` waits for the threads; default: true. It never waits for daemon threads. */
  blockOnClose?: boolean
}

/** The handler's class, or the URL of a module that exports it. */
export type Handler<Request> = HandlerClass<Request> | URL | string

function checkClass<Request>(handler: Handler<Request>): HandlerClass<Request> {
  if (typeof handler === 'function') return handler
  throw invalidType('handler', handler, 'a class; the URL of a module takes threading: true')
}

/** Refuses a `this` of another class; each method begins with it. */
export let brand: <Request>(self: SocketServer<Request>) => unknown

/** A server with a socket of its own: what the servers of this module have in common. */
export abstract class SocketServer<Request> extends BaseServer<Request> {
  /** The socket that accepts, or receives. */
  readonly socket: AwaitableSocket
  /** The options that the constructor was given. */
  readonly options: Readonly<ServerOptions>
  readonly #module: string | undefined
  readonly #threads: ThreadPool | undefined
  readonly #maxThreads: number
  readonly #minSpareThreads: number
  #address: SocketAddress

  static {
    brand = self => {
      try {
        return self.#module
      } catch {
        throw invalidThis('SocketServer')
      }
    }
  }

  /**
   * Opens a socket of this family and type, and unless `bindAndActivate` is false binds it, and listens.
   *
   * @throws SocketError of socket(2), bind(2) or listen(2)
   */
  constructor(
    family: number,
    type: number,
    address: AddressLike,
    handler: Handler<Request>,
    options: ServerOptions = {},
  ) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', options, 'of type object')
    const { bindAndActivate = true, threading = false } = options
    const { maxThreads = 40, minSpareThreads = 0, daemonThreads = false } = options
    const module = threading ? checkModule(handler) : undefined
    super(threading ? undefined : checkClass(handler))
    this.options = options
    this.#maxThreads = threading ? checkInteger('maxThreads', maxThreads, 1, 2 ** 31 - 1) : 1
    this.#minSpareThreads = threading ? checkInteger('minSpareThreads', minSpareThreads, 0, this.#maxThreads) : 0
    if (threading) this.#threads = new ThreadPool(threadFile('socketserver/thread.cjs'), daemonThreads)
    this.#module = module
    this.socket = new AwaitableSocket(family, type)
    try {
      if (bindAndActivate) {
        this.serverBind(address)
        this.serverActivate()
      }
      this.#address = this.socket.getsockname()
    } catch (error) {
      this.socket.close()
      throw error
    }
  }

  /** The socket's address, with the port that the kernel chose. */
  get serverAddress(): SocketAddress {
    brand(this)
    return this.#address
  }

  /** The value of `server.data` in handlers. */
  get data(): unknown {
    brand(this)
    return this.options.data
  }

  /**
   * Binds the socket. bind(2)
   *
   * @throws SocketError EADDRINUSE if another socket has the address, EADDRNOTAVAIL if this machine does not have it;
   *   PermissionError for a port below 1024 without the right to; TypeError or RangeError for a wrong address
   */
  serverBind(address: AddressLike): void {
    brand(this)
    const { allowReuseAddress = false, allowReusePort = false } = this.options
    if (allowReuseAddress) this.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
    if (allowReusePort) this.socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true)
    this.socket.bind(address)
    this.#address = this.socket.getsockname()
  }

  /** Makes the socket accept requests. */
  serverActivate(): void {
    brand(this)
  }

  override fileno(): number {
    brand(this)
    return this.socket.fileno()
  }

  override serveForever(pollInterval?: number): Promise<void> {
    brand(this)
    if (this.#minSpareThreads > 0 && !this.socket.closed) this.#threads!.keepSpare(this.#minSpareThreads)
    return super.serveForever(pollInterval)
  }

  /**
   * Closes the socket, which ends `serveForever`, and waits for the threads unless `blockOnClose` is false. close(2)
   *
   * @throws SocketError if close(2) reports an error
   */
  override async serverClose(): Promise<void> {
    brand(this)
    this.socket.close()
    this.#threads?.close()
    const { blockOnClose = true, daemonThreads = false } = this.options
    if (blockOnClose && !daemonThreads) await this.#threads?.join()
  }

  protected override get full(): boolean {
    return this.socket.paused
  }

  /** @internal For console.log: one line. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({ address: shownAddress(this.#address), socket: this.socket })
    return shownObject(this, 'SocketServer', depth, options, parts, ['handler', 'options', 'socket', 'timeout'])
  }

  /** The parts from which a thread makes the request: data to clone, and the socket's descriptor. */
  protected abstract portable(request: Request): [Partial<ThreadData>, fd: number]

  /**
   * Handles a request and closes it, with `threading` in a thread, which gets a duplicate of the descriptor. fcntl(2)
   *
   * @throws what the handler throws in this thread; SocketError EMFILE if no descriptor is left for a thread
   */
  override async processRequest(request: Request, clientAddress: SocketAddress): Promise<void> {
    brand(this)
    if (this.#threads === undefined) return super.processRequest(request, clientAddress)
    const { serverAddress, data } = this
    const [told, fd] = this.portable(request)
    const task: ThreadData = { module: this.#module!, ...told, clientAddress, server: { serverAddress, data } }
    const failed = async (error: unknown): Promise<void> => {
      try {
        await this.handleError(error, request, clientAddress)
      } catch (thrown) {
        console.error(thrown) // nobody waits for the thread: printed, as by Python's threading.excepthook
      }
    }
    const own = duplicate(fd) // the request is closed, and its number used again, before a thread has it
    const release = (): void => void sys.close(own)
    const { taken, over } = this.#threads.run(task, own)
    this.socket.paused = this.#threads.jobs >= this.#maxThreads
    const settled = [taken.finally(release).catch(failed), over.catch(failed)]
    void Promise.all(settled).then(() => (this.socket.paused = false))
    this.closeRequest(request)
  }
}
