// A thread for each client: a worker with its own descriptor of the client.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { POLLIN } from '../../constants.js'
import { Socket } from '../../sockets/socket.js'
import * as thread from '../../thread.js'
import { slice } from '../../waiting/wait.js'
import { release, warn } from './server.js'
import type { Server } from './server.js'
import { Stop } from './stop.js'

/** The program of each thread. */
export interface Threaded {
  /** The module's URL; it calls `takeOver`. */
  thread: string
  settings?: unknown
  /** The number of clients at a time; default: no limit. */
  connections?: number
}

interface Task {
  stop: number
  settings: unknown
}

/** In the thread: its client and its settings. */
export function takeOver<Settings>(): { client: Socket; stop: Stop; settings: Settings } {
  const { task, fd } = thread.takeOver<Task>()
  const client = Socket.fromFd(fd!)
  thread.begin()
  return { client, stop: new Stop(task.stop), settings: task.settings as Settings }
}

let running = 0

// A worker needs descriptors too. Once it has begun, it has all of them.
async function startThread(client: Socket, { stop }: Server, threaded: Threaded): Promise<void> {
  const task: Task = { stop: stop.fd, settings: threaded.settings }
  const { worker, begun, ended } = new thread.Thread(new URL(threaded.thread), task, client.fd)
  await begun
  running++
  worker.on('error', warn)
  void ended.then(() => running--)
}

// If no thread can be started, the client waits until one can.
async function handOver(client: Socket, server: Server, threaded: Threaded): Promise<void> {
  for (let started = false; !started;) {
    try {
      await startThread(client, server, threaded)
      started = true
    } catch (error) {
      server.pause.begin(error as Error)
      if (server.stop.asked && running === 0) break // no thread will end and make room
      await sleep(server.pause.left)
    }
  }
  release(client) // the thread has its own descriptor
}

/** Returns when no client is accepted any more. The thread ends when its last worker has ended. */
export async function serve(server: Server, threaded: Threaded): Promise<void> {
  const { connections = Infinity } = threaded
  const { listener, stop } = server
  while (!stop.asked) {
    const events = running < connections ? POLLIN : 0
    const client = stop.wait(listener, events, slice) ? server.accept() : null
    if (client !== null) await handOver(client, server, threaded)
    else if (server.pause.left > 0) await sleep(server.pause.left)
    else await turn() // the event loop reports workers that have ended
  }
  for (const clients of server.backlog()) {
    for (const client of clients) await handOver(client, server, threaded)
  }
}
