// Answers each request with its own content, by node:http.
import { createServer } from 'node:http'
import { listening } from './listening.js'

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-length': request.headers['content-length'] })
  request.pipe(response)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => listening(server.address()))
