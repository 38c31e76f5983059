// Messages of a fixed length, as those of the synchronous floor, without blocking the thread.
import type { Parts } from '../shown.js'
import { shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { MSG_WAITALL } from '../constants.js'
import { allocated, checkInteger, invalidThis, invalidType } from '../checks.js'
import { bytesOf, lengthOf } from '../data.js'
import type { Data } from '../data.js'
import { broken } from '../sockets/my-socket.js'
import { checkTimeout, clock } from '../timers.js'
import { createConnection } from './create.js'
import { Socket } from './socket.js'
import type { WaitOptions } from './turn.js'

function checkAsynchronous(socket: Socket): void {
  if (!(socket instanceof Socket)) throw invalidType('socket', socket, 'a Socket of bsd-sockets/promises')
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: MySocket) => unknown

/**
 * Sends and receives messages of a fixed length. `connect` takes a host name. Each call sends or receives a whole message, with
 * nothing of other calls in between. The timeout of a call is for the whole call.
 *
 * Methods reject with an Error `socket connection broken`, ERR_STREAM_PREMATURE_CLOSE if the connection ends within a message,
 * ENOTCONN if there is none.
 */
export class MySocket {
  /** The length of every message, in bytes. */
  readonly messageLength: number
  #socket: Socket | undefined

  static {
    brand = self => {
      try {
        return self.#socket
      } catch {
        throw invalidThis('MySocket')
      }
    }
  }

  /**
   * `socket` is a connected one, for example from accept.
   *
   * @throws TypeError or RangeError for a wrong length, or for a socket of another kind
   */
  constructor(messageLength: number, socket?: Socket) {
    this.messageLength = checkInteger('messageLength', messageLength, 1, 2 ** 31 - 1)
    if (socket !== undefined) checkAsynchronous(socket)
    this.#socket = socket
  }

  /**
   * The socket.
   *
   * @throws SocketError ENOTCONN before `connect`
   */
  get socket(): Socket {
    brand(this)
    if (this.#socket === undefined) throw broken('ENOTCONN')
    return this.#socket
  }

  /**
   * Connects to a host, by name or number. getaddrinfo(3), connect(2)
   *
   * @throws as createConnection: GaiError, the error of connect(2), an AggregateError of several, TimeoutError or
   *   AbortError
   */
  async connect(host: string, port: number, options?: WaitOptions): Promise<void> {
    brand(this)
    this.#socket?.close()
    this.#socket = await createConnection([host, port], options)
  }

  /**
   * Sends a message, which must have `messageLength` bytes. send(2)
   *
   * @throws RangeError for a message of another length; Error `socket connection broken` ENOTCONN without a connection;
   *   otherwise as sendall
   */
  async mysend(message: Data, options?: WaitOptions): Promise<void> {
    brand(this)
    const bytes = bytesOf(message)
    checkInteger('message.length', lengthOf(bytes), this.messageLength, this.messageLength)
    await this.socket.sendall(bytes, 0, options)
  }

  /**
   * Receives a message. recv(2)
   *
   * @throws Error `socket connection broken` ENOTCONN without a connection; otherwise as recvExactly
   */
  async myreceive(options?: WaitOptions): Promise<Buffer> {
    brand(this)
    return recvExactly(this.socket, this.messageLength, options)
  }

  /** @internal For console.log: one line. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({ messageLength: this.messageLength, socket: this.#socket })
    return shownObject(this, 'MySocket', depth, options, parts)
  }

  /**
   * Closes the connection, if there is one. close(2)
   *
   * @throws SocketError if close(2) reports an error; the descriptor is closed nevertheless
   */
  close(): void {
    brand(this)
    this.#socket?.close()
  }

  [Symbol.dispose](): void {
    brand(this)
    this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    brand(this)
    this.close()
    return Promise.resolve()
  }
}

/**
 * Receives exactly `size` bytes of a stream, with nothing of other calls in between. The timeout is for the whole call. recv(2)
 *
 * @throws Error `socket connection broken`, ERR_STREAM_PREMATURE_CLOSE, if the peer stops sending before; SocketError
 *   or AbortError if the wait ends before. The property `received` of the error is a Buffer of the bytes received by
 *   then, which are no longer in the stream
 */
export async function recvExactly(socket: Socket, size: number, options?: WaitOptions): Promise<Buffer> {
  checkAsynchronous(socket)
  const buffer = allocated('size', size, 'allocUnsafe')
  const { signal, timeout: given } = options ?? {}
  const timeout = given === undefined ? socket.gettimeout() : checkTimeout(given)
  const end = clock() + (timeout ?? Infinity)
  let received = 0
  try {
    while (received < size) {
      // After less than all, the next call has the reason: the end of the stream, or what ended the wait.
      const left = timeout === null || timeout === 0 ? timeout : Math.max(1, end - clock())
      const rest = buffer.subarray(received)
      const count = await socket.recvInto(rest, MSG_WAITALL, { signal, timeout: left })
      if (count === 0) throw broken()
      received += count
    }
    return buffer
  } catch (error) {
    throw Object.assign(error as Error, { received: buffer.subarray(0, received) })
  }
}
