// A thread for each request.
import type { SocketAddress } from '../structs/address.js'
import { invalidType } from '../checks.js'
import { threadFile } from '../syscalls/place.js'
import { Thread } from '../thread.js'

/** The data of a thread: its request and its handler. */
export interface ThreadData {
  /** The module that exports the handler, as `Handler` or as its default export. */
  module: string
  /** The datagram, if the request is one. */
  packet?: Uint8Array
  clientAddress: SocketAddress
  server: { serverAddress: SocketAddress; data: unknown }
}

/** Checks the URL of a module. */
export function checkModule(handler: unknown): string {
  if (handler instanceof URL || typeof handler === 'string') return new URL(handler).href
  const expected = 'the URL of a module that exports a class Handler: a function cannot go to another thread'
  throw invalidType('handler', handler, expected)
}

export class Threads {
  readonly #max: number
  readonly #daemons: boolean
  readonly #running = new Set<Thread>()

  constructor(max: number, daemons: boolean) {
    this.#max = max
    this.#daemons = daemons
  }

  /** Whether the largest number of threads runs. */
  get full(): boolean {
    return this.#running.size >= this.#max
  }

  /**
   * Starts a thread, and resolves when it has a duplicate of `fd`, a connection or a datagram socket; the caller keeps `fd` open
   * until then. After that `failed` is called with what the handler throws. `ended` is called when the thread has ended.
   */
  async start(task: ThreadData, fd: number, failed: (error: unknown) => unknown, ended: () => void): Promise<void> {
    const thread = new Thread(threadFile('socketserver/thread.js'), task, fd)
    this.#running.add(thread)
    void thread.ended.then(() => {
      this.#running.delete(thread)
      ended()
    })
    await thread.begun
    thread.worker.on('error', failed)
    if (this.#daemons) thread.worker.unref()
  }

  /** Waits until all threads have ended, unless they are daemons. */
  async join(): Promise<void> {
    if (!this.#daemons) await Promise.all(Array.from(this.#running, ({ ended }) => ended))
  }
}
