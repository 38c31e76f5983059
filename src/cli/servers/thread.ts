// The thread of a server that blocks.
import { Socket } from '../../sockets/socket.js'
import { begin, takeOver } from '../../thread.js'
import { Server } from './server.js'
import { Stop } from './stop.js'

/** What `inThread` tells it. */
export interface Task {
  module: string
  settings: unknown
  /** The descriptor that is readable after a stop: the main thread's, which outlives this one. */
  stop: number
}

const { task, fd } = takeOver<Task>()
const { module, settings, stop } = task
const listener = Socket.fromFd(fd!)
begin()
const { serve } = (await import(module)) as { serve: (server: Server, settings: unknown) => void | Promise<void> }
await serve(new Server(listener, new Stop(stop)), settings)
