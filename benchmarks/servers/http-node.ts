import { createServer } from 'node:http'
import { listening } from './listening.js'

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 12 })
  response.end('hello world\n')
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => listening(server.address()))
