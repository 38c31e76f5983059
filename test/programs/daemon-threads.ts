// Closes its server while a thread of it waits for its client, which closes after 500 ms. With the argument `daemons`, the
// server does not wait for the thread.
import { setTimeout as sleep } from 'node:timers/promises'
import { Socket } from 'bsd-sockets'
import { TCPServer } from 'bsd-sockets/socketserver'

const server = new TCPServer(['127.0.0.1', 0], new URL('stream-handler.js', import.meta.url), {
  threading: true,
  daemonThreads: process.argv[2] === 'daemons',
  data: 'slow',
})
const client = new Socket()
client.connect(server.serverAddress)
client.sendall('one line of two\n')
await server.handleRequest()
void sleep(500, undefined, { ref: false }).then(() => {
  console.log('waited')
  client.close()
})
await server.serverClose()
console.log('closed')
