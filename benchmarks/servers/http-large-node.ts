// Answers of 64 KiB by node:http.
import { createServer } from 'node:http'
import { listening } from './listening.js'

const zeros = Buffer.alloc(64 * 1024)
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': zeros.length })
  response.end(zeros)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => listening(server.address()))
