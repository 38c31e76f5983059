// The clients of select, poll and epoll: what all servers do with them.
import { isSocketError } from '../errors.js'
import type { Socket } from '../socket.js'
import type { Server } from './server.js'

// How many clients to accept before the others have their turn again.
const accepted = 64

export interface Client {
  readonly fd: number
  readonly socket: Socket
  /** Whether it waits to be writable instead of readable. */
  readonly sends: boolean
}

export abstract class Clients<C extends Client> implements Iterable<C> {
  /** Whether clients may wait to be accepted: set it when the listener is readable. */
  waiting = false
  /** Whether a stop was asked for, and the listener is closed. */
  protected stopping = false
  protected readonly server: Server
  readonly #clients = new Map<number, C>() // by descriptor
  readonly #most: number

  /** `most` clients at a time: more wait to be accepted. */
  constructor(server: Server, most = Infinity) {
    this.server = server
    this.#most = most
  }

  [Symbol.iterator](): Iterator<C> {
    return this.#clients.values()
  }

  get size(): number {
    return this.#clients.size
  }

  /** The client with this descriptor, if there is one. */
  get(fd: number): C | undefined {
    return this.#clients.get(fd)
  }

  /** How long to wait for one to be ready, in milliseconds; null: no limit. */
  abstract get timeout(): number | null

  /** Whether to go on: always, until a stop is asked for; from then on it depends. Ask it before each wait. */
  abstract remain(): boolean

  /** A client whose socket this is. */
  protected abstract join(socket: Socket): C

  /** Receives and sends once. Returns whether it might go on; closes the client at its end. */
  protected abstract serveOnce(client: C): boolean

  /** Accepts clients while some wait, as many as are good for the others; `taken` is told of each. */
  accept(taken?: (client: C) => void): void {
    for (let i = 0; i < accepted && this.mayAccept && this.server.pause.left === 0; i++) {
      const socket = this.server.accept()
      if (socket === null) {
        this.waiting = this.server.pause.left > 0
        return
      }
      const client = this.join(socket)
      this.#clients.set(client.fd, client)
      taken?.(client)
    }
  }

  /** Whether a client that waits is to be accepted, once the listener is not paused. */
  protected get mayAccept(): boolean {
    return this.waiting && !this.stopping && this.#clients.size < this.#most
  }

  /** Receives and sends until the client would block, at most `turns` times. Returns whether it might go on. */
  serve(client: C, turns: number): boolean {
    try {
      for (; turns > 0; turns--) if (!this.serveOnce(client)) return false
      return true
    } catch (error) {
      if (!isSocketError(error)) throw error
      this.close(client) // it is lost, which is no concern of the others
      return false
    }
  }

  close(client: C): void {
    this.#clients.delete(client.fd)
    client.socket.close()
    this.server.pause.end()
  }

  /** Closes all. */
  end(): void {
    for (const client of this) this.close(client)
  }
}

/** What select, poll and epoll serve: the module of each program exports it as `open`. */
export type Open<Settings> = (server: Server, settings: Settings) => Clients<Client>
