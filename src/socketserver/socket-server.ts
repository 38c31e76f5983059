// Servers on sockets.
import type { AddressLike, SocketAddress } from '../structs/address.js'
import { SO_REUSEADDR, SO_REUSEPORT, SOL_SOCKET } from '../constants.js'
import { checkInteger, invalidType } from '../checks.js'
import { duplicate } from '../descriptors/open.js'
import * as sys from '../syscalls/index.js'
import { AwaitableSocket } from './awaitable-socket.js'
import { BaseServer } from './base-server.js'
import type { HandlerClass } from './handlers.js'
import { checkModule, Threads } from './threads.js'
import type { ThreadData } from './threads.js'

/** What a server can be told. */
export interface ServerOptions {
  /** Whether the constructor binds the socket and listens; default: true. */
  bindAndActivate?: boolean
  /** How many connections may wait to be accepted. listen(2) */
  requestQueueSize?: number
  /** SO_REUSEADDR: whether a port can be bound again while connections to it are being forgotten. socket(7) */
  allowReuseAddress?: boolean
  /** SO_REUSEPORT: whether other sockets may have the same address. socket(7) */
  allowReusePort?: boolean
  /** The most that a datagram may hold, in bytes; default: 8192. What is longer is cut off. */
  maxPacketSize?: number
  /** What handlers find as `server.data`: in threads a structured clone of it. */
  data?: unknown
  /**
   * Whether each request is handled in a thread of its own. The handler is then the URL of a module that exports it, as
   * `Handler` or by default: a function cannot go to another thread.
   */
  threading?: boolean
  /** How many requests are handled at the same time; default: 40. The others wait to be accepted. */
  maxThreads?: number
  /** Whether the process may end, and end them with it, while threads are still handling requests. */
  daemonThreads?: boolean
  /** Whether `serverClose` waits for the threads; default: true. For daemons it does not. */
  blockOnClose?: boolean
}

/** The handler's class, or the URL of a module that exports it. */
export type Handler<Request> = HandlerClass<Request> | URL | string

function checkClass<Request>(handler: Handler<Request>): HandlerClass<Request> {
  if (typeof handler === 'function') return handler
  throw invalidType('handler', handler, 'a class; the URL of a module takes threading: true')
}

export abstract class SocketServer<Request> extends BaseServer<Request> {
  readonly socket: AwaitableSocket
  readonly options: Readonly<ServerOptions>
  readonly #module: string | undefined
  readonly #threads: Threads | undefined
  #address: SocketAddress

  constructor(
    family: number,
    type: number,
    address: AddressLike,
    handler: Handler<Request>,
    options: ServerOptions = {},
  ) {
    const { bindAndActivate = true, threading = false, maxThreads = 40, daemonThreads = false } = options
    const module = threading ? checkModule(handler) : undefined
    super(threading ? undefined : checkClass(handler))
    this.options = options
    if (threading) this.#threads = new Threads(checkInteger('maxThreads', maxThreads, 1, 2 ** 31 - 1), daemonThreads)
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

  /** The address that the socket has: with the port that it got. */
  get serverAddress(): SocketAddress {
    return this.#address
  }

  /** What its handlers find as `server.data`. */
  get data(): unknown {
    return this.options.data
  }

  /** Gives the socket its address. bind(2) */
  serverBind(address: AddressLike): void {
    const { allowReuseAddress = false, allowReusePort = false } = this.options
    if (allowReuseAddress) this.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
    if (allowReusePort) this.socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true)
    this.socket.bind(address)
    this.#address = this.socket.getsockname()
  }

  /** Makes the socket one that requests come to. */
  serverActivate(): void {}

  override fileno(): number {
    return this.socket.fileno()
  }

  /** Closes the socket, which ends `serveForever`; waits for the threads, unless `blockOnClose` is false. */
  override async serverClose(): Promise<void> {
    this.socket.close()
    if (this.options.blockOnClose !== false) await this.#threads?.join()
  }

  /** What a thread is to make the request of: what is told, and the socket's descriptor. */
  protected abstract portable(request: Request): [Partial<ThreadData>, fd: number]

  override async processRequest(request: Request, clientAddress: SocketAddress): Promise<void> {
    if (this.#threads === undefined) return super.processRequest(request, clientAddress)
    const { serverAddress, data } = this
    const [told, fd] = this.portable(request)
    const task: ThreadData = { module: this.#module!, ...told, clientAddress, server: { serverAddress, data } }
    const failed = async (error: unknown): Promise<void> => {
      try {
        await this.handleError(error, request, clientAddress)
      } catch (thrown) {
        console.error(thrown) // nobody waits for the thread: as Python's threading.excepthook, which prints it
      }
    }
    const ended = (): void => void (this.socket.paused = false)
    const own = duplicate(fd) // the socket may be closed before the thread has begun, and its number be another's
    try {
      const start = this.#threads.start(task, own, failed, ended)
      this.socket.paused = this.#threads.full
      await start
    } finally {
      sys.close(own)
    }
    this.closeRequest(request) // the thread has its own
  }
}
