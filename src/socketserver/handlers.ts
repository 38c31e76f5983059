// Who handles a request: an object of its own for each.
import type { SocketAddress } from '../structs/address.js'
import { IPPROTO_TCP, TCP_NODELAY } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { Socket } from '../sockets/socket.js'
import { BufferedReader, BufferedWriter } from './buffered.js'

/** What a handler knows of its server, in the server's thread and in one of its own. */
export interface ServerInfo {
  readonly serverAddress: SocketAddress
  /** What the server was given for its handlers. */
  readonly data: unknown
}

/** What a server needs of a handler's class. */
export type HandlerClass<Request> = new (
  request: Request,
  clientAddress: SocketAddress,
  server: ServerInfo,
) => { run(): void | Promise<void> }

/** Handles a request: derive from it, and say in `handle` how. */
export class BaseRequestHandler<Request = Socket, Server extends ServerInfo = ServerInfo> {
  readonly request: Request
  readonly clientAddress: SocketAddress
  /** The server itself, where the handler does not run in a thread of its own. */
  readonly server: Server

  constructor(request: Request, clientAddress: SocketAddress, server: Server) {
    this.request = request
    this.clientAddress = clientAddress
    this.server = server
  }

  /** `setup`, `handle`, and `finish` in any case once `setup` has succeeded. Python has its constructor do so. */
  async run(): Promise<void> {
    await this.setup()
    try {
      await this.handle()
    } finally {
      await this.finish()
    }
  }

  /** Called before `handle`. */
  setup(): void | Promise<void> {}

  /** Serves the request. */
  handle(): void | Promise<void> {}

  /** Called after `handle`, even if that has failed. */
  finish(): void | Promise<void> {}
}

/** Handles a connection, which can be read from and written to as a file: `rfile`, `wfile`. */
export class StreamRequestHandler<Server extends ServerInfo = ServerInfo> extends BaseRequestHandler<Socket, Server> {
  /** How many bytes `rfile` receives at a time. */
  rbufsize = 8192
  /** How many bytes `wfile` collects before it sends them; 0 sends what is written at once. */
  wbufsize = 0
  /** The connection's timeout, in milliseconds; null leaves it as it is. */
  timeout: number | null = null
  /** Whether to send small segments at once: for who buffers what it writes. TCP_NODELAY, tcp(7) */
  disableNagleAlgorithm = false
  rfile!: BufferedReader
  wfile!: BufferedWriter

  /** The request, by the name that it has as a connection. */
  get connection(): Socket {
    return this.request
  }

  override setup(): void | Promise<void> {
    const { connection } = this
    if (this.timeout !== null) connection.settimeout(this.timeout)
    if (this.disableNagleAlgorithm) connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
    this.rfile = new BufferedReader(size => connection.recv(size), this.rbufsize)
    this.wfile = new BufferedWriter(bytes => connection.sendall(bytes), this.wbufsize)
  }

  override finish(): void | Promise<void> {
    try {
      this.wfile.close()
    } catch (error) {
      if (!isSocketError(error)) throw error // the client is gone already
    }
    this.rfile.close()
  }
}

/** A datagram, and the server's socket to answer from. */
export type DatagramRequest = [packet: Buffer, socket: Socket]

/**
 * Handles a datagram: `rfile` reads it, and what is written to `wfile` goes back to its sender as one datagram, an empty
 * one where that is nothing.
 */
export class DatagramRequestHandler<Server extends ServerInfo = ServerInfo> extends BaseRequestHandler<
  DatagramRequest,
  Server
> {
  rfile!: BufferedReader
  wfile!: BufferedWriter

  get packet(): Buffer {
    return this.request[0]
  }

  get socket(): Socket {
    return this.request[1]
  }

  override setup(): void | Promise<void> {
    let rest = this.packet
    this.rfile = new BufferedReader(size => {
      const chunk = rest.subarray(0, size)
      rest = rest.subarray(chunk.length)
      return chunk
    })
    this.wfile = new BufferedWriter(bytes => this.socket.sendto(bytes, this.clientAddress), Infinity)
  }

  override finish(): void | Promise<void> {
    this.socket.sendto(this.wfile.take(), this.clientAddress)
  }
}
