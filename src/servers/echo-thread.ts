// One thread of echo-threads.ts, for one client.
import { parentPort, workerData } from 'node:worker_threads'
import { Socket } from '../socket.js'
import { finish, newBuffer, serveClient } from './echo-blocking.js'
import { Stop } from './stop.js'

const { client: fd, stop } = workerData as { client: number; stop: number }
const client = Socket.fromFd(fd)
parentPort!.postMessage('the client is mine')
const buffer = newBuffer()
if (!serveClient(client, new Stop(stop), buffer)) finish(client, buffer)
client.close()
