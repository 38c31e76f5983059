// The thread of a server that blocks.
import { workerData } from 'node:worker_threads'
import { Socket } from '../socket.js'
import { Server } from './server.js'
import { Stop } from './stop.js'

/** What `inThread` tells it. */
export interface Task {
  module: string
  settings: unknown
  listener: number
  stop: number
}

const { module, settings, listener, stop } = workerData as Task
const { serve } = (await import(module)) as { serve: (server: Server, settings: unknown) => void | Promise<void> }
await serve(new Server(Socket.fromFd(listener), new Stop(stop)), settings)
