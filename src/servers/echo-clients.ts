// The clients of select, poll and epoll: what is done with one that is ready is the same in all three.
import { FIONREAD, SHUT_WR } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { Socket } from '../socket.js'
import * as sys from '../syscalls.js'
import { Deadline } from '../wait.js'
import { linger } from './server.js'
import type { Server } from './server.js'

// How many clients to accept before the others have their turn again.
const accepted = 64

// One for all: it is empty again before the next client's turn.
const buffer = Buffer.allocUnsafeSlow(256 * 1024)

/**
 * A client is always in one of two states, told by `unsent`. Usually it is null: what comes is received and sent back
 * at once. What the kernel does not take is kept there, and until all of it is sent nothing more is received: a client
 * that does not read slows down itself and takes up one buffer at most.
 */
export class Client {
  readonly fd: number
  readonly socket: Socket
  /** What waits to be sent: then the client waits to be writable instead of readable. */
  unsent: Buffer | null = null
  /** After a stop: how many bytes of it are still to be received. */
  awaited = 0
  /** After a stop: it has got everything back; what it still sends is dropped. */
  leaving = false

  constructor(socket: Socket) {
    this.fd = socket.fd
    this.socket = socket
  }

  /** Sends `bytes` and keeps what the kernel does not take. */
  answer(bytes: Buffer): void {
    const sent = this.socket.trySend(bytes) ?? 0
    if (sent < bytes.length) this.unsent = Buffer.from(bytes.subarray(sent))
  }

  /** Sends what is unsent. Returns whether all of it went. */
  flush(): boolean {
    while (this.unsent !== null) {
      const sent = this.socket.trySend(this.unsent)
      if (sent === null) return false
      this.unsent = sent < this.unsent.length ? this.unsent.subarray(sent) : null
    }
    return true
  }
}

export class Clients implements Iterable<Client> {
  /** Whether clients may wait to be accepted: set it when the listener is readable. */
  waiting = false
  readonly #server: Server
  readonly #clients = new Map<number, Client>() // by descriptor
  #stopping = false
  #leaving = 0
  #leave: Deadline | null = null

  constructor(server: Server) {
    this.#server = server
  }

  [Symbol.iterator](): Iterator<Client> {
    return this.#clients.values()
  }

  /** The client with this descriptor, if there is one. */
  get(fd: number): Client | undefined {
    return this.#clients.get(fd)
  }

  /** How long to wait for one to be ready, in milliseconds; null: no limit. */
  get timeout(): number | null {
    if (this.#leave !== null) return this.#leave.left
    return this.waiting && !this.#stopping ? this.#server.paused : null
  }

  /**
   * Whether to go on: always, until a stop is asked for; from then on no client is accepted, and each gets back what
   * had arrived by then. Ask it before each wait.
   */
  remain(): boolean {
    if (!this.#server.stop.asked) return true
    if (!this.#stopping) this.#stop()
    if (this.#clients.size > this.#leaving) return true
    this.#leave ??= new Deadline(linger)
    return this.#clients.size > 0 && this.#leave.left > 0
  }

  /** Accepts clients while some wait, as many as are good for the others; `taken` is told of each. */
  accept(taken?: (client: Client) => void): void {
    for (let i = 0; i < accepted && this.waiting && !this.#stopping && this.#server.paused === 0; i++) {
      const socket = this.#server.accept()
      if (socket === null) {
        this.waiting = this.#server.paused > 0
        return
      }
      const client = new Client(socket)
      this.#clients.set(client.fd, client)
      taken?.(client)
    }
  }

  /** Receives and sends back until the client would block, at most `turns` times. Returns whether it might go on. */
  serve(client: Client, turns: number): boolean {
    try {
      for (; turns > 0; turns--) if (!this.#serveOnce(client)) return false
      return true
    } catch (error) {
      if (!isSocketError(error)) throw error
      this.close(client) // it is lost, which is no concern of the others
      return false
    }
  }

  close(client: Client): void {
    this.#clients.delete(client.fd)
    if (client.leaving) this.#leaving--
    client.socket.close()
    this.#server.resume()
  }

  /** Closes all. */
  end(): void {
    for (const client of this) this.close(client)
  }

  #serveOnce(client: Client): boolean {
    if (!client.flush()) return false
    this.#leaveIfEven(client)
    const count = client.socket.tryRecvInto(this.#room(client))
    if (count === null) return false
    if (count === 0) {
      this.close(client) // nothing is unsent here: it has got everything back
      return false
    }
    if (client.leaving) return true
    client.answer(buffer.subarray(0, count))
    if (this.#stopping) client.awaited -= count
    this.#leaveIfEven(client)
    return true
  }

  #room(client: Client): Buffer {
    return this.#stopping && !client.leaving ? buffer.subarray(0, client.awaited) : buffer
  }

  // Fixes what each client is still to get back: what has arrived by now.
  #stop(): void {
    this.#stopping = true
    this.#server.listener.close()
    for (const client of this) {
      client.awaited = Math.max(0, sys.ioctl(client.fd, FIONREAD))
      this.#leaveIfEven(client)
    }
  }

  // Once a stop was asked for: tells a client that has got everything back that no more will come.
  #leaveIfEven(client: Client): void {
    if (!this.#stopping || client.leaving || client.awaited > 0 || client.unsent !== null) return
    client.leaving = true
    this.#leaving++
    sys.shutdown(client.fd, SHUT_WR)
  }
}
