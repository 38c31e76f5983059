// A thread for each client: a worker, which is given the client's descriptor.
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { POLLIN } from '../constants.js'
import * as sys from '../syscalls.js'
import { slice } from '../wait.js'
import { warn } from './server.js'
import type { Server } from './server.js'
import type { Stop } from './stop.js'

// A worker needs descriptors, too: it says when it has all that it needs and the client is its own.
async function startThread(client: number, stop: Stop): Promise<void> {
  const workerData = { client, stop: stop.fd }
  const worker = new Worker(new URL('./echo-thread.js', import.meta.url), { workerData })
  await once(worker, 'message')
  worker.on('error', warn)
}

// Where there is no room for another thread, the client waits until there is.
async function handOver(client: number, server: Server): Promise<void> {
  while (!server.stop.asked) {
    try {
      return await startThread(client, server.stop)
    } catch (error) {
      server.pause(error as Error)
    }
    await rest(server)
  }
  sys.close(client)
}

// Sleeps while the listener is paused, and lets the event loop tell of workers that have ended.
async function rest({ listener, stop, paused }: Server): Promise<void> {
  if (paused > 0) stop.wait(listener, 0, paused)
  await turn()
}

/** Returns when no client is accepted any more; the thread ends when its last worker has. */
export async function serve(server: Server): Promise<void> {
  const { listener, stop } = server
  while (!stop.asked) {
    const client = stop.wait(listener, POLLIN, slice) ? server.accept() : null
    if (client !== null) await handOver(client.detach(), server)
    await rest(server)
  }
  listener.close()
}
