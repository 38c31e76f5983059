// A thread for each client: a worker, which is given the client's descriptor.
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { POLLIN } from '../constants.js'
import { Socket } from '../socket.js'
import * as sys from '../syscalls.js'
import { slice } from '../wait.js'
import { warn } from './server.js'
import type { Server } from './server.js'
import { Stop } from './stop.js'

/** What runs in each thread. */
export interface Threaded {
  /** The module's URL; it calls `takeOver`. */
  thread: string
  settings?: unknown
  /** How many clients at a time; any number unless told otherwise. */
  connections?: number
}

interface Task {
  client: number
  stop: number
  settings: unknown
}

/** In the thread: its client, and what it was told. */
export function takeOver<Settings>(): { client: Socket; stop: Stop; settings: Settings } {
  const { client, stop, settings } = workerData as Task
  const mine = Socket.fromFd(client)
  parentPort!.postMessage('the client is mine') // from here on it is closed with this thread
  return { client: mine, stop: new Stop(stop), settings: settings as Settings }
}

let running = 0

// A worker needs descriptors, too: it says when it has all that it needs and the client is its own.
async function startThread(client: number, { stop }: Server, { thread, settings }: Threaded): Promise<void> {
  const workerData: Task = { client, stop: stop.fd, settings }
  const worker = new Worker(new URL(thread), { workerData })
  await once(worker, 'message')
  running++
  worker.on('error', warn)
  worker.on('exit', () => running--)
}

// Where there is no room for another thread, the client waits until there is.
async function handOver(client: number, server: Server, threaded: Threaded): Promise<void> {
  while (!server.stop.asked) {
    try {
      return await startThread(client, server, threaded)
    } catch (error) {
      server.pause.begin(error as Error)
    }
    await rest(server)
  }
  sys.close(client)
}

// Sleeps while the listener is paused, and lets the event loop tell of workers that have ended.
async function rest({ listener, stop, pause }: Server): Promise<void> {
  if (pause.left > 0) stop.wait(listener, 0, pause.left)
  await turn()
}

/** Returns when no client is accepted any more; the thread ends when its last worker has. */
export async function serve(server: Server, threaded: Threaded): Promise<void> {
  const { connections = Infinity } = threaded
  const { listener, stop } = server
  while (!stop.asked) {
    const events = running < connections ? POLLIN : 0
    const client = stop.wait(listener, events, slice) ? server.accept() : null
    if (client !== null) await handOver(client.detach(), server, threaded)
    await rest(server)
  }
  listener.close()
}
