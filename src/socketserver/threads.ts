// A thread for each request: a worker, which is told the request's descriptor and makes a duplicate of it for itself.
import { Worker } from 'node:worker_threads'
import type { SocketAddress } from '../address.js'
import { invalidType } from '../errors.js'
import { threadFile } from '../place.js'

/** What a thread is told of its request. */
export interface ThreadData {
  /** The module that exports the handler, as `Handler` or as its default. */
  module: string
  /** A connection, or the socket that the datagram came from. */
  fd: number
  /** The datagram, where that is the request. */
  packet?: Uint8Array
  clientAddress: SocketAddress
  server: { serverAddress: SocketAddress; data: unknown }
}

/** The URL of a module, whole. */
export function checkModule(handler: unknown): string {
  if (handler instanceof URL || typeof handler === 'string') return new URL(handler).href
  const expected = 'the URL of a module that exports a class Handler: a function cannot go to another thread'
  throw invalidType('handler', handler, expected)
}

export class Threads {
  readonly #max: number
  readonly #daemons: boolean
  readonly #workers = new Map<Worker, Promise<unknown>>() // until their ends

  constructor(max: number, daemons: boolean) {
    this.#max = max
    this.#daemons = daemons
  }

  /** Whether there are as many as there may be. */
  get full(): boolean {
    return this.#workers.size >= this.#max
  }

  /**
   * Starts a thread, and waits until it has a descriptor of its own. From then on `failed` is told of what the handler
   * throws, and `ended` of the thread's end.
   */
  start(workerData: ThreadData, failed: (error: unknown) => void, ended: () => void): Promise<void> {
    const worker = new Worker(threadFile('socketserver/thread.js'), { workerData })
    if (this.#daemons) worker.unref()
    const end = new Promise(resolve => worker.once('exit', resolve)).then(() => {
      this.#workers.delete(worker)
      ended()
    })
    this.#workers.set(worker, end)
    return new Promise((resolve, reject) => {
      let started = false
      worker.once('message', () => {
        started = true
        resolve()
      })
      worker.on('error', error => (started ? failed(error) : reject(error)))
      worker.once('exit', () => reject(new Error('the thread of a request ended before it had begun')))
    })
  }

  /** Waits until all have ended that are not daemons. */
  async join(): Promise<void> {
    if (!this.#daemons) await Promise.all(this.#workers.values())
  }
}
