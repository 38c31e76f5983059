// The servers: for connections and for datagrams, over IP and Unix sockets.
import type { AddressLike } from '../structs/address.js'
import { invalidType } from '../checks.js'
import { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM, SOMAXCONN } from '../constants.js'
import type { WaitOptions } from '../promises/turn.js'
import { refuseHandshakes } from '../sockets/accepting.js'
import type { Socket } from '../sockets/socket.js'
import type { Arrival } from './base-server.js'
import type { DatagramRequest } from './handlers.js'
import { sayGoodbye } from './requests.js'
import { brand, SocketServer } from './socket-server.js'
import type { Handler, ServerOptions } from './socket-server.js'
import type { ThreadData } from './threads.js'

// Any object with these methods: a derived class may wrap the socket, as in Python.
function checkRequest(request: Socket): void {
  if (typeof request?.close !== 'function' || typeof request.shutdown !== 'function')
    throw invalidType('request', request, 'a Socket')
}

const queueSize = ({ requestQueueSize = Math.min(SOMAXCONN, 128) }: ServerOptions): number => requestQueueSize

/** The options of a TCP or UDP server. */
export interface InternetServerOptions extends ServerOptions {
  /** AF_INET6 for IPv6; default: AF_INET. */
  addressFamily?: number
}

/** A server for connections of any family. */
export class StreamServer extends SocketServer<Socket> {
  /**
   * Opens a socket of this family, and unless `bindAndActivate` is false binds it, and listens.
   *
   * @throws SocketError of socket(2), bind(2) or listen(2)
   */
  constructor(family: number, address: AddressLike, handler: Handler<Socket>, options?: ServerOptions) {
    super(family, SOCK_STREAM, address, handler, options)
  }

  /**
   * Listens. listen(2)
   *
   * @throws SocketError EADDRINUSE if another socket listens there; TypeError or RangeError for a wrong
   *   `requestQueueSize`
   */
  override serverActivate(): void {
    brand(this)
    this.socket.listen(queueSize(this.options))
  }

  /**
   * Waits for a connection. accept4(2)
   *
   * @throws AbortError or TimeoutError when `wait` ends it; SocketError EINVAL if it does not listen, EMFILE if no
   *   descriptor is left, ECANCELED when the server is closed meanwhile
   */
  override getRequest(wait: WaitOptions): Promise<Arrival<Socket>> {
    brand(this)
    return this.socket.whenReadable('accept', () => this.socket.tryAccept(), wait)
  }

  /**
   * Tells the client that no more follows, and closes the connection. shutdown(2)
   *
   * @throws TypeError if the request has no `close` and `shutdown`; SocketError if close(2) reports an error
   */
  override shutdownRequest(request: Socket): void {
    brand(this)
    checkRequest(request)
    if (!request.closed) sayGoodbye(request)
    this.closeRequest(request)
  }

  /**
   * Closes the connection. close(2)
   *
   * @throws TypeError if the request has no `close` and `shutdown`; SocketError if close(2) reports an error
   */
  override closeRequest(request: Socket): void {
    brand(this)
    checkRequest(request)
    request.close()
  }

  protected override abandon(request: Socket): void {
    request.close()
  }

  protected override refuse(): number {
    if (this.socket.family !== AF_UNIX) refuseHandshakes(this.socket.fd)
    return queueSize(this.options) + 1 // the kernel takes one more. listen(2)
  }

  protected override portable({ fd }: Socket): [Partial<ThreadData>, fd: number] {
    return [{}, fd]
  }
}

/** A server for datagrams of any family. */
export class DatagramServer extends SocketServer<DatagramRequest> {
  /**
   * Opens a socket of this family, and unless `bindAndActivate` is false binds it, and listens.
   *
   * @throws SocketError of socket(2), bind(2) or listen(2)
   */
  constructor(family: number, address: AddressLike, handler: Handler<DatagramRequest>, options?: ServerOptions) {
    super(family, SOCK_DGRAM, address, handler, options)
  }

  /**
   * Waits for a datagram. recvfrom(2)
   *
   * @throws AbortError or TimeoutError when `wait` ends it; ConnectionRefusedError if an earlier answer was refused;
   *   SocketError ECANCELED when the server is closed meanwhile; TypeError or RangeError for a wrong `maxPacketSize`
   */
  override async getRequest(wait: WaitOptions): Promise<Arrival<DatagramRequest>> {
    brand(this)
    const { maxPacketSize = 8192 } = this.options
    const receive = () => this.socket.tryRecvfrom(maxPacketSize)
    const [packet, address] = await this.socket.whenReadable('recvfrom', receive, wait)
    return [[packet, this.socket], address]
  }

  /** Does nothing: the socket is the server's. */
  override closeRequest(): void {
    brand(this)
  }

  protected override portable([packet, { fd }]: DatagramRequest): [Partial<ThreadData>, fd: number] {
    return [{ packet: new Uint8Array(packet) }, fd] // a copy: the memory of a small Buffer is shared with others
  }
}

/** A TCP server. Python's TCPServer, and with `threading` its ThreadingTCPServer */
export class TCPServer extends StreamServer {
  /**
   * Opens a socket, and unless `bindAndActivate` is false binds it, and listens.
   *
   * @throws SocketError of socket(2), bind(2) or listen(2)
   */
  constructor(address: AddressLike, handler: Handler<Socket>, options: InternetServerOptions = {}) {
    super(options?.addressFamily ?? AF_INET, address, handler, options)
  }
}

/** A UDP server. Python's UDPServer, and with `threading` its ThreadingUDPServer */
export class UDPServer extends DatagramServer {
  /**
   * Opens a socket, and unless `bindAndActivate` is false binds it, and listens.
   *
   * @throws SocketError of socket(2), bind(2) or listen(2)
   */
  constructor(address: AddressLike, handler: Handler<DatagramRequest>, options: InternetServerOptions = {}) {
    super(options?.addressFamily ?? AF_INET, address, handler, options)
  }
}

/** A server for Unix stream sockets. It leaves its path behind, as bind(2) does. unix(7) */
export class UnixStreamServer extends StreamServer {
  /**
   * Opens a socket, and unless `bindAndActivate` is false binds it, and listens.
   *
   * @throws SocketError of socket(2), bind(2) or listen(2)
   */
  constructor(address: AddressLike, handler: Handler<Socket>, options?: ServerOptions) {
    super(AF_UNIX, address, handler, options)
  }
}

/** A server for Unix datagrams. It leaves its path behind, as bind(2) does. unix(7) */
export class UnixDatagramServer extends DatagramServer {
  /**
   * Opens a socket, and unless `bindAndActivate` is false binds it, and listens.
   *
   * @throws SocketError of socket(2), bind(2) or listen(2)
   */
  constructor(address: AddressLike, handler: Handler<DatagramRequest>, options?: ServerOptions) {
    super(AF_UNIX, address, handler, options)
  }
}
