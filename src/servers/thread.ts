// The thread of a server that blocks.
import { workerData } from 'node:worker_threads'
import { Socket } from '../socket.js'
import { Server } from './server.js'
import { Stop } from './stop.js'

const { module, listener, stop } = workerData as { module: string; listener: number; stop: number }
const { serve } = (await import(module)) as { serve: (server: Server) => void | Promise<void> }
await serve(new Server(Socket.fromFd(listener), new Stop(stop)))
