// Node's net on several cores as in Node's documentation: processes, not threads.
import cluster from 'node:cluster'
import { createServer } from 'node:net'
import { listening } from './listening.js'

const count = Number(process.argv[2])

if (cluster.isPrimary) {
  let there = 0
  cluster.on('listening', (_worker, address) => {
    if (++there === count) listening(address)
  })
  for (let i = 0; i < count; i++) cluster.fork()
} else {
  const server = createServer({ noDelay: true }, socket => {
    socket.on('data', bytes => socket.write(bytes))
    socket.on('error', () => socket.destroy())
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  cluster.worker!.on('disconnect', () => process.exit()).on('error', () => process.exit())
}
