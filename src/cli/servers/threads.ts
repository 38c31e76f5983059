// A thread for each client: a worker with its own descriptor of the client. Workers are used again.
import { setTimeout as sleep } from 'node:timers/promises'
import { duplicate } from '../../descriptors/open.js'
import type { Socket } from '../../promises/index.js'
import * as sys from '../../syscalls/index.js'
import { ThreadPool } from '../../thread.js'
import { inTasks } from './promises.js'
import type { Mode } from './serve.js'
import { release, rest, warn, warnNowAndThen } from './server.js'

/** The program of each thread. */
export interface Threaded {
  /** The module's URL; it calls `serveEach`. */
  thread: URL
  settings?: unknown
  /** The number of clients at a time; default: no limit. */
  connections?: number
}

/** What a thread is to do, besides its client. */
export interface ClientTask {
  /** The descriptor that is readable after a stop. It belongs to the main thread, which outlives this one. */
  stop: number
  settings: unknown
}

// The number of threads that wait for clients, and how many of them are started with the server: each takes some 30 ms of a
// processor and 9 MB.
const spare = 16
const ahead = 4

// The number of clients that are accepted before there is a thread for them: each takes a descriptor, and a thread takes more.
const mayWait = 4

/** A mode that serves each client in a thread, which others then have, too. */
export const threaded =
  ({ thread, settings, connections }: Threaded): Mode =>
  async (listener, stop) => {
    const task: ClientTask = { stop: duplicate(stop.fd), settings }
    const pool = new ThreadPool(thread)
    pool.keepSpare(spare, ahead)

    // If no thread can be started, the client waits until one can. The thread has its own descriptor.
    async function serve(client: Socket, stopping: AbortSignal, begun: () => void): Promise<void> {
      for (;;) {
        const { taken, over } = pool.run(task, client.fd)
        const error = await taken.catch((error: unknown) => error as Error)
        if (error === undefined) {
          release(client)
          begun()
          return over.catch(warn)
        }
        warnNowAndThen(error)
        if (stopping.aborted && pool.size === 0) return release(client) // no thread will end and make room
        await sleep(rest)
      }
    }

    try {
      await inTasks(serve, connections, mayWait)(listener, stop)
    } finally {
      pool.close()
      await pool.join()
      sys.close(task.stop)
    }
  }
