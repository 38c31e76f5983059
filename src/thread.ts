// A worker thread: how it is started, gets a descriptor of its own, says that it has begun, and is heard of when it ends.
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { duplicate } from './descriptors/open.js'

interface Start {
  task: unknown
  fd: number | undefined
}

// Nobody else's message: a module that runs in the thread may send its own.
const begun = 'bsd-sockets: the thread has begun'

/** A thread that runs a module of this package, which calls `takeOver` and then `begin`. */
export class Thread {
  readonly worker: Worker
  /** Settles once: resolves when the thread has begun, rejects with why where it ends before. */
  readonly begun: Promise<void>
  /** Resolves when the thread has ended, however that came. */
  readonly ended: Promise<void>

  /**
   * `task` is cloned. The thread makes a duplicate of `fd` for itself: the caller owns `fd`, and keeps it open until `begun`
   * settles. An error of the thread before it has begun is the reason of `begun`; later ones are the worker's `error` events,
   * uncaught where nobody listens for them.
   */
  constructor(script: URL | string, task: unknown, fd?: number) {
    const start: Start = { task, fd }
    const worker = (this.worker = new Worker(script, { workerData: start }))
    this.ended = new Promise(resolve => worker.once('exit', () => resolve()))
    this.begun = new Promise((resolve, reject) => {
      const settle = (): void => void worker.off('message', heard).off('error', failed).off('exit', ended)
      const heard = (message: unknown): void => {
        if (message !== begun) return
        settle()
        resolve()
      }
      const failed = (error: Error): void => {
        settle()
        reject(error)
      }
      const ended = (code: number): void => failed(new Error(`A thread ended before it had begun, with status ${code}`))
      worker.on('message', heard).on('error', failed).on('exit', ended)
    })
  }
}

/** In the thread: its task, and a descriptor of its own where it was given one: closed with the thread. */
export function takeOver<Task>(): { task: Task; fd: number | undefined } {
  const { task, fd } = workerData as Start
  return { task: task as Task, fd: fd === undefined ? undefined : duplicate(fd) }
}

/** In the thread: says that it has all that it needs, its descriptor included. */
export const begin = (): void => parentPort!.postMessage(begun)
