// Worker threads: how one is started, gets a descriptor of its own, and reports that it has begun and that it has ended.
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { duplicate } from './descriptors/open.js'

interface Start {
  task: unknown
  fd: number | undefined
}

// A message that no other code sends: a module that runs in the thread may send its own.
const begun = 'bsd-sockets: the thread has begun'

/** A thread that runs a module of this package, which calls `takeOver` and then `begin`. */
export class Thread {
  readonly worker: Worker
  /** Resolves when the thread has begun; rejects with the reason if it ends before. */
  readonly begun: Promise<void>
  /** Resolves when the thread has ended, for any reason. */
  readonly ended: Promise<void>

  /**
   * `task` is cloned. The thread makes its own duplicate of `fd`; the caller owns `fd`, and keeps it open until `begun` settles.
   * An error before the thread has begun rejects `begun`. Later errors are `error` events of the worker, and uncaught without a
   * listener.
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

/** In the thread: returns its task and, if it was given one, its own descriptor, which is closed with the thread. */
export function takeOver<Task>(): { task: Task; fd: number | undefined } {
  const { task, fd } = workerData as Start
  return { task: task as Task, fd: fd === undefined ? undefined : duplicate(fd) }
}

/** In the thread: reports that it has begun, and has its descriptor. */
export const begin = (): void => parentPort!.postMessage(begun)
