import { TCPServer } from 'bsd-sockets/socketserver'
import { listening } from './listening.js'

const options = { threading: true, maxThreads: 1000, requestQueueSize: 4096 }
const server = new TCPServer(['127.0.0.1', 0], new URL('./echo-request.js', import.meta.url), options)
listening(server.serverAddress)
await server.serveForever()
