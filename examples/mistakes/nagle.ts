// A request in two small writes waits for an acknowledgement that the other end delays.
import { IPPROTO_TCP, TCP_NODELAY } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'
import { connection } from './connection.js'

/** Twenty-one requests, and an answer to each. How long does it take mostly: what is the median? */
function usual(request: (socket: Socket) => void, noDelay = false): string {
  const [client, server] = connection()
  if (noDelay) client.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
  const times: number[] = []
  for (let i = 0; i < 21; i++) {
    const begin = performance.now()
    request(client)
    for (let length = 0; length < 8;) length += server.recv(8 - length).length
    server.sendall('answer')
    client.recv(6)
    times.push(performance.now() - begin)
  }
  client.close()
  server.close()
  const median = times.sort((a, b) => a - b)[10]!
  return median < 20 ? 'each answer comes at once' : `an answer comes after ${median.toFixed()} ms`
}

function twoWrites(socket: Socket): void {
  socket.sendall('head')
  socket.sendall('body') // is kept until the head is acknowledged: Nagle's algorithm, RFC 9293 section 3.7.4
}

const oneWrite = (socket: Socket): void => socket.sendall('headbody')

console.log('mistake:', usual(twoWrites))
console.log('cure:', usual(oneWrite))
console.log('or TCP_NODELAY:', usual(twoWrites, true))
