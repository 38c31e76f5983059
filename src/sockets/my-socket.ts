// The class of the Socket Programming HOWTO: messages of one length, which it was told once.
import { allocated, checkInteger, invalidThis, invalidType } from '../checks.js'
import { createConnection } from './create.js'
import { bytesOf, lengthOf } from '../data.js'
import type { Data } from '../data.js'
import type { Socket } from './socket.js'

const broken = (): Error => new Error('socket connection broken')

// Else a promise would pass for a number of bytes.
function checkSynchronous(socket: Socket | undefined): void {
  if (socket !== undefined && Symbol.asyncIterator in Object(socket))
    throw invalidType(
      'socket',
      socket,
      'a Socket of bsd-sockets itself, which waits (this is one of bsd-sockets/promises)',
    )
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: MySocket) => unknown

/**
 * Sends and receives messages of a fixed length, as a lesson in why both need a loop. `connect` takes a name.
 *
 * @throws Error `socket connection broken` where a message ends before its time
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

  /** `socket` is one that is connected already, from accept. */
  constructor(messageLength: number, socket?: Socket) {
    this.messageLength = checkInteger('messageLength', messageLength, 1, 2 ** 31 - 1)
    checkSynchronous(socket)
    this.#socket = socket
  }

  get socket(): Socket {
    brand(this)
    if (this.#socket === undefined) throw broken()
    return this.#socket
  }

  /** Connects to a host, by name or number. */
  connect(host: string, port: number): void {
    brand(this)
    this.#socket?.close()
    this.#socket = createConnection([host, port])
  }

  /** Sends a message, which must have the length that was given. send(2) */
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

  /** Receives a message. recv(2) */
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

  /** Closes the connection, if there is one. */
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
 * Receives exactly `size` bytes, in as many calls as that takes. recv(2)
 *
 * @throws Error `socket connection broken` where the peer stops sending before; SocketError where the wait ends before.
 * What had come by then is in its `received`, a Buffer: it is no longer in the stream
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
