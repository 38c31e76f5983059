// A task for each client, in one thread: the event loop does the waiting.
import { setTimeout as sleep } from 'node:timers/promises'
import { isSocketError } from '../errors.js'
import { Socket } from '../promises/index.js'
import type { Socket as SynchronousSocket } from '../socket.js'
import { isPassing, Pause } from './server.js'
import type { Mode } from './serve.js'

/** Serves a client to its end, and closes its socket; `stop` is aborted when the server is to stop. */
export type Task = (client: Socket, stop: AbortSignal) => Promise<void>

/** Resolves when a stop is asked for. */
export async function asked(stop: SynchronousSocket): Promise<void> {
  using socket = Socket.fromFd(stop.detach())
  await socket.recv(1)
}

/** A mode that runs a task for each client, for so many at a time: more wait to be accepted. */
export const inTasks =
  (task: Task, connections = Infinity): Mode =>
  async (listener, stop) => {
    using server = Socket.fromFd(listener.detach())
    const running = new Map<Promise<void>, AbortController>() // one for each task: in one, all would stand in line
    const pause = new Pause()
    const stopping = new AbortController()
    let changed = (): void => undefined

    function start(client: Socket): void {
      const controller = new AbortController()
      const run = task(client, controller.signal).finally(() => {
        running.delete(run)
        pause.end()
        changed()
      })
      running.set(run, controller)
    }

    async function accept(): Promise<void> {
      try {
        start((await server.accept({ signal: stopping.signal }))[0])
      } catch (error) {
        if (stopping.signal.aborted) return
        if (!isSocketError(error)) throw error
        if (!isPassing(error)) pause.begin(error)
      }
    }

    void asked(stop).then(() => {
      stopping.abort()
      changed()
    })
    while (!stopping.signal.aborted) {
      const change = new Promise<void>(resolve => (changed = resolve))
      if (running.size >= connections) await change
      else if (pause.left > 0) await Promise.race([sleep(pause.left), change])
      else await accept()
    }
    server.close()
    for (const controller of running.values()) controller.abort()
    await Promise.all(running.keys())
  }
