// A task for each client, in one thread: the event loop does the waiting.
import { setTimeout as sleep } from 'node:timers/promises'
import { isSocketError } from '../../errors.js'
import { Socket } from '../../promises/index.js'
import type { Socket as SynchronousSocket } from '../../sockets/socket.js'
import { Deadline } from '../../waiting/wait.js'
import { linger, Pause, release, warnNowAndThen } from './server.js'
import type { Mode } from './serve.js'

/**
 * Serves a client to its end, and closes its socket; `stop` is aborted when the server is to stop. `begun` is to be called
 * when the client no longer waits to be served, if the number of those that do is limited.
 */
export type Task = (client: Socket, stop: AbortSignal, begun: () => void) => Promise<void>

/** Resolves when a stop is requested, or `signal` is aborted. */
export async function asked(stop: SynchronousSocket, signal: AbortSignal): Promise<void> {
  const socket = Socket.fromFd(stop.detach())
  for (let end; end === undefined && !signal.aborted;) {
    end = await socket.recv(1, 0, { signal }).catch(async (error: unknown) => {
      if (signal.aborted) return
      if (!isSocketError(error)) throw error
      warnNowAndThen(error) // the kernel lacks memory now
      await sleep(100)
    })
  }
  release(socket)
}

/**
 * A mode that runs a task for each client, for a limited number at a time, of which a limited number has not begun; others wait
 * to be accepted.
 */
export const inTasks =
  (task: Task, connections = Infinity, mayWait = Infinity): Mode =>
  async (listener, stop) => {
    const server = Socket.fromFd(listener.detach())
    const running = new Set<Promise<void>>()
    const waiting = new Set<Socket>()
    const pause = new Pause()
    const stopping = new AbortController()
    let changed = (): void => undefined

    function start(client: Socket): void {
      const begun = (): void => {
        waiting.delete(client)
        changed()
      }
      waiting.add(client)
      const run = task(client, stopping.signal, begun).finally(() => {
        waiting.delete(client)
        running.delete(run)
        pause.end()
        changed()
      })
      running.add(run)
    }

    async function accept(): Promise<void> {
      try {
        start((await server.accept({ signal: stopping.signal }))[0])
      } catch (error) {
        if (!stopping.signal.aborted) acceptFailed(error)
      }
    }

    // Also if the poller lacks memory for the listener now.
    function acceptFailed(error: unknown): void {
      if (isSocketError(error) && error.syscall === 'poller_add') pause.begin(error)
      else pause.failed(error)
    }

    // Accepts and starts the waiting clients. Returns whether these were all.
    function acceptAll(): boolean {
      try {
        for (let client = server.tryAccept(); client !== null; client = server.tryAccept()) start(client[0])
        return true
      } catch (error) {
        acceptFailed(error)
        return false
      }
    }

    const stopped = asked(stop, stopping.signal).finally(() => {
      stopping.abort()
      changed()
    })
    stopped.catch(() => undefined) // it is awaited at the end
    const nextChange = (): Promise<void> => new Promise(resolve => (changed = resolve))
    try {
      while (!stopping.signal.aborted) {
        const change = nextChange()
        if (running.size >= connections || waiting.size >= mayWait) await change
        else if (pause.left > 0) await Promise.race([sleep(pause.left), change])
        else await accept()
      }
      for (const deadline = new Deadline(linger); !acceptAll() && deadline.left > 0;) {
        await Promise.race([sleep(pause.left), nextChange()])
      }
    } finally {
      // Also after a failure of the listener: then this is its stop.
      stopping.abort()
      release(server)
      await Promise.all(running)
    }
    await stopped
  }
