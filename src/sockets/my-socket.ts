// The class of Python's Socket Programming HOWTO: messages of a fixed length.
import type { Parts } from '../shown.js'
import { shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { allocated, checkInteger, coded, invalidThis, invalidType } from '../checks.js'
import { checkSocket } from './base.js'
import { createConnection } from './create.js'
import { bytesOf, lengthOf } from '../data.js'
import type { Data } from '../data.js'
import type { Socket } from './socket.js'

/** The error of a connection that ends within a message, or is not there. */
export const broken = (code = 'ERR_STREAM_PREMATURE_CLOSE'): Error => coded(new Error('socket connection broken'), code)

// Otherwise a promise would be taken for a number of bytes.
function checkSynchronous(socket: Socket): void {
  if (Symbol.asyncIterator in Object(socket))
    throw invalidType(
      'socket',
      socket,
      'a Socket of bsd-sockets itself, which waits (this is one of bsd-sockets/promises)',
    )
  checkSocket(socket)
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: MySocket) => unknown

/**
 * Sends and receives messages of a fixed length: it shows why both need a loop. `connect` takes a host name.
 *
 * @throws Error `socket connection broken`, ERR_STREAM_PREMATURE_CLOSE if the connection ends within a message, ENOTCONN if
 *   there is none
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
    if (socket !== undefined) checkSynchronous(socket)
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
   * @throws as createConnection: GaiError, the error of connect(2), or an AggregateError of several
   */
  connect(host: string, port: number): void {
    brand(this)
    this.#socket?.close()
    this.#socket = createConnection([host, port])
  }

  /**
   * Sends a message, which must have `messageLength` bytes. send(2)
   *
   * @throws RangeError for a message of another length; Error `socket connection broken` without a connection or after
   *   its end; SocketError as Socket.send
   */
  mysend(message: Data): void {
    brand(this)
    const view = bytesOf(message)
    checkInteger('message.length', lengthOf(view), this.messageLength, this.messageLength)
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    let total = 0
    while (total < this.messageLength) {
      const sent = this.socket.send(bytes.subarray(total))
      if (sent === 0) throw broken()
      total += sent
    }
  }

  /**
   * Receives a message. recv(2)
   *
   * @throws Error `socket connection broken` without a connection, or if the peer stops sending within the message;
   *   SocketError as Socket.recv
   */
  myreceive(): Buffer {
    brand(this)
    const chunks: Buffer[] = []
    let received = 0
    while (received < this.messageLength) {
      const chunk = this.socket.recv(Math.min(this.messageLength - received, 2048))
      if (chunk.length === 0) throw broken()
      chunks.push(chunk)
      received += chunk.length
    }
    return Buffer.concat(chunks)
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
}

/**
 * Receives exactly `size` bytes, in as many calls as necessary. recv(2)
 *
 * @throws Error `socket connection broken`, ERR_STREAM_PREMATURE_CLOSE, if the peer stops sending before; SocketError if the
 * wait ends before. The property `received` of the error is a Buffer of the bytes received by then, which are no longer in the stream
 */
export function recvExactly(socket: Socket, size: number): Buffer {
  checkSynchronous(socket)
  const buffer = allocated('size', size, 'allocUnsafe')
  let received = 0
  try {
    while (received < size) {
      const count = socket.recvInto(buffer.subarray(received))
      if (count === 0) throw broken()
      received += count
    }
    return buffer
  } catch (error) {
    throw Object.assign(error as Error, { received: buffer.subarray(0, received) })
  }
}
