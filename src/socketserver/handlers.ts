// Request handlers: a new object for each request.
import type { SocketAddress } from '../structs/address.js'
import { IPPROTO_TCP, TCP_NODELAY } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { Socket } from '../sockets/socket.js'
import { BufferedReader, BufferedWriter } from './buffered.js'

/** What a handler knows of its server, in the server's thread or in its own. */
export interface ServerInfo {
  /** Where the server listens. */
  readonly serverAddress: SocketAddress
  /** The server's data for its handlers. */
  readonly data: unknown
}

/** The class of a handler. */
export type HandlerClass<Request> = new (
  request: Request,
  clientAddress: SocketAddress,
  server: ServerInfo,
) => { run(): void | Promise<void> }

/** Handles a request. Derive from it and override `handle`. */
export class BaseRequestHandler<Request = Socket, Server extends ServerInfo = ServerInfo> {
  /** The request: a connection, or a datagram with its socket. */
  readonly request: Request
  /** The address of the client. */
  readonly clientAddress: SocketAddress
  /** The server itself, unless the handler runs in a thread of its own. */
  readonly server: Server

  /** A server calls this with each request. */
  constructor(request: Request, clientAddress: SocketAddress, server: Server) {
    this.request = request
    this.clientAddress = clientAddress
    this.server = server
  }

  /**
   * Calls `setup`, `handle` and, if `setup` has succeeded, in any case `finish`. In Python the constructor does this.
   *
   * @throws what `setup`, `handle` or `finish` throws
   */
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

  /** Called after `handle`, even if that has thrown. */
  finish(): void | Promise<void> {}
}

/** Handles a connection, which it reads and writes as files: `rfile`, `wfile`. */
export class StreamRequestHandler<Server extends ServerInfo = ServerInfo> extends BaseRequestHandler<Socket, Server> {
  /** The bytes of one receive of `rfile`. */
  rbufsize = 8192
  /** The number of bytes that `wfile` collects before it sends them; 0 sends every write at once. */
  wbufsize = 0
  /** The connection's timeout, in milliseconds; null leaves it unchanged. */
  timeout: number | null = null
  /** Whether to send small segments at once; useful with a buffered `wfile`. TCP_NODELAY, tcp(7) */
  disableNagleAlgorithm = false
  /** Reads the connection. */
  rfile!: BufferedReader
  /** Writes to the connection. */
  wfile!: BufferedWriter

  /** The request: a connection. */
  get connection(): Socket {
    return this.request
  }

  /**
   * Sets the connection's timeout and options, and makes `rfile` and `wfile`. setsockopt(2)
   *
   * @throws SocketError that setsockopt(2) reports; TypeError or RangeError for a wrong `timeout`, `rbufsize` or
   *   `wbufsize`
   */
  override setup(): void | Promise<void> {
    const { connection } = this
    if (this.timeout !== null) connection.settimeout(this.timeout)
    if (this.disableNagleAlgorithm) connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
    this.rfile = new BufferedReader(size => connection.recv(size), this.rbufsize)
    this.wfile = new BufferedWriter(bytes => connection.sendall(bytes), this.wbufsize)
  }

  /**
   * Sends what `wfile` has collected, and closes both files.
   *
   * @throws what sending throws, unless it is a SocketError: then the client is gone already
   */
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
 * Handles a datagram: `rfile` reads it. The bytes written to `wfile` go back to the sender as one datagram, which is empty if
 * nothing was written.
 */
export class DatagramRequestHandler<Server extends ServerInfo = ServerInfo> extends BaseRequestHandler<
  DatagramRequest,
  Server
> {
  /** Reads the datagram. */
  rfile!: BufferedReader
  /** Collects the answer. */
  wfile!: BufferedWriter

  /** The bytes of the datagram. */
  get packet(): Buffer {
    return this.request[0]
  }

  /** The socket that received it. */
  get socket(): Socket {
    return this.request[1]
  }

  /** Makes `rfile` and `wfile`. */
  override setup(): void | Promise<void> {
    let rest = this.packet
    this.rfile = new BufferedReader(size => {
      const chunk = rest.subarray(0, size)
      rest = rest.subarray(chunk.length)
      return chunk
    })
    this.wfile = new BufferedWriter(bytes => this.socket.sendto(bytes, this.clientAddress), Infinity)
  }

  /**
   * Sends the answer. sendto(2)
   *
   * @throws as Socket.sendto, for example SocketError EMSGSIZE for an answer that is too long
   */
  override finish(): void | Promise<void> {
    this.socket.sendto(this.wfile.take(), this.clientAddress)
  }
}
