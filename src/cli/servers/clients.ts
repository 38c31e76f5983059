// The clients of select, poll and epoll: what all servers do with them.
import { isSocketError } from '../../errors.js'
import type { Socket } from '../../sockets/socket.js'
import { Deadline } from '../../waiting/wait.js'
import { linger, release, warnNowAndThen } from './server.js'
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
  /** Whether a stop was asked for. */
  protected stopping = false
  #draining: Deadline | null = null // from then until the listener is closed
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
  get timeout(): number | null {
    const limits = [this.patience, this.#mayAccept ? this.server.pause.left : null, this.#draining?.left ?? null]
    return limits.reduce((least, limit) => (limit === null ? least : Math.min(limit, least ?? limit)))
  }

  /** The same, for the clients that there are. */
  protected abstract get patience(): number | null

  /** Whether to go on: always, until a stop is asked for; from then on it depends. Ask it before each wait. */
  abstract remain(): boolean

  /** A client whose socket this is. */
  protected abstract join(socket: Socket): C

  /** Brings a client that there is at a stop to its end. */
  protected abstract leave(client: C): void

  /** Receives and sends once. Returns whether it might go on; closes the client at its end. */
  protected abstract serveOnce(client: C): boolean

  /** Accepts clients while some wait, as many as are good for the others; `taken` is called with each. */
  accept(taken?: (client: C) => void): void {
    for (let i = 0; i < accepted && this.#mayAccept && this.server.pause.left === 0; i++) {
      const socket = this.server.accept()
      if (socket === null) this.waiting = this.server.pause.left > 0
      else this.#take(this.join(socket), taken)
    }
    if (this.#draining !== null && (!this.waiting || this.#draining.left === 0)) {
      this.#draining = null
      release(this.server.listener)
    }
  }

  #take(client: C, taken?: (client: C) => void): void {
    this.#clients.set(client.fd, client)
    taken?.(client)
    if (this.stopping && this.get(client.fd) === client) this.leave(client)
  }

  // Whether a client that waits is to be accepted, once the listener is not paused.
  get #mayAccept(): boolean {
    return this.waiting && (!this.stopping || this.draining) && this.#clients.size < this.#most
  }

  /** Whether, after a stop, some may still wait to be accepted who had connected by then: they are served, too. */
  protected get draining(): boolean {
    return this.#draining !== null
  }

  /** Begins to stop: those who wait are accepted, as long as there are descriptors for them in time. */
  protected stop(): void {
    this.stopping = true
    this.waiting = true
    this.#draining = new Deadline(linger)
    for (const client of this) this.leave(client)
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

  /** Calls `watch`, by which the kernel is to report the client; where it fails, the client is lost, and that reported. */
  watched(client: C, watch: (fd: number) => void): void {
    try {
      watch(client.fd)
    } catch (error) {
      if (!isSocketError(error)) throw error
      warnNowAndThen(error)
      this.close(client)
    }
  }

  close(client: C): void {
    this.#clients.delete(client.fd)
    release(client.socket)
    this.server.pause.end()
  }

  /** Closes all. */
  end(): void {
    for (const client of this) this.close(client)
  }
}

/** What select, poll and epoll serve: the module of each program exports it as `open`. */
export type Open<Settings> = (server: Server, settings: Settings) => Clients<Client>
