// The thread of a server whose calls block.
import { Socket } from '../../sockets/socket.js'
import { begin, takeOver } from '../../thread.js'
import { Server } from './server.js'
import { Stop } from './stop.js'

/** Its task, from `inThread`. */
export interface ServerTask {
  module: string
  settings: unknown
  /** The descriptor that is readable after a stop. It belongs to the main thread, which outlives this one. */
  stop: number
}

const { task, fd } = takeOver<ServerTask>()
const { module, settings, stop } = task
const listener = Socket.fromFd(fd!)
begin()
const { serve } = (await import(module)) as { serve: (server: Server, settings: unknown) => void | Promise<void> }
await serve(new Server(listener, new Stop(stop)), settings)
