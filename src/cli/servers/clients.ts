// The clients of a server in the modes select, poll and epoll: the part that all servers share.
import { isSocketError } from '../../errors.js'
import type { Socket } from '../../sockets/socket.js'
import { Deadline } from '../../waiting/wait.js'
import { linger, release, warnNowAndThen } from './server.js'
import type { Server } from './server.js'

// The number of clients to accept before the others are served again.
const accepted = 64

export interface Client {
  readonly fd: number
  readonly socket: Socket
  /** Whether it waits until it is writable, instead of readable. */
  readonly sends: boolean
}

export abstract class Clients<C extends Client> implements Iterable<C> {
  /** Whether clients may be waiting to be accepted; to be set when the listener is readable. */
  waiting = false
  /** Whether a stop was asked for. */
  protected stopping = false
  #draining: Deadline | null = null // from the stop until the listener is closed
  protected readonly server: Server
  readonly #clients = new Map<number, C>() // by descriptor
  readonly #most: number

  /** `most`: the number of clients at a time; others wait to be accepted. */
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

  /** The timeout of the next wait, in milliseconds; null: no limit. */
  get timeout(): number | null {
    const limits = [this.patience, this.#mayAccept ? this.server.pause.left : null, this.#draining?.left ?? null]
    return limits.reduce((least, limit) => (limit === null ? least : Math.min(limit, least ?? limit)))
  }

  /** The same, as far as the present clients need it. */
  protected abstract get patience(): number | null

  /** Whether to go on; to be asked before each wait. True until a stop is requested, then as long as the program needs. */
  abstract remain(): boolean

  /** Makes the client of a socket. */
  protected abstract join(socket: Socket): C

  /** Begins to end a client, at a stop. */
  protected abstract leave(client: C): void

  /** Receives and sends once. Returns whether more may be possible now; closes the client at its end. */
  protected abstract serveOnce(client: C): boolean

  /** Accepts waiting clients, a limited number at a time. Calls `taken` with each. */
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

  // Whether to accept a waiting client, apart from the pause of the listener.
  get #mayAccept(): boolean {
    return this.waiting && (!this.stopping || this.draining) && this.#clients.size < this.#most
  }

  /** Whether, after a stop, clients that connected before it may still wait to be accepted: they are served too. */
  protected get draining(): boolean {
    return this.#draining !== null
  }

  /** Begins to stop: waiting clients are accepted, if descriptors become free in time. */
  protected stop(): void {
    this.stopping = true
    this.waiting = true
    this.#draining = new Deadline(linger)
    for (const client of this) this.leave(client)
  }

  /** Receives and sends until the client would block, at most `turns` times. Returns whether more may be possible now. */
  serve(client: C, turns: number): boolean {
    try {
      for (; turns > 0; turns--) if (!this.serveOnce(client)) return false
      return true
    } catch (error) {
      if (!isSocketError(error)) throw error
      this.close(client) // a lost client does not concern the others
      return false
    }
  }

  /** Calls `watch`, which registers the client with the kernel. If that fails, the client is closed, and the error reported. */
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

/** The function `open` that the module of each program exports, for the loops of select, poll and epoll. */
export type Open<Settings> = (server: Server, settings: Settings) => Clients<Client>
