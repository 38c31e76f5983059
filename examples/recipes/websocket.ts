// WebSockets, by the package `ws`, over a socket that Node cannot open itself: here a Unix socket with an abstract name. unix(7)
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { AF_UNIX } from 'bsd-sockets'
import { WebSocketServer } from 'ws'
import type { Server } from 'node:http'
import type { createConnection } from 'node:net'
import { Socket } from 'bsd-sockets/promises'
import { connector, toDuplex } from 'bsd-sockets/streams'
import { WebSocket } from 'ws'

/** Gives each connection to a server of http, which gives those that ask for it to a WebSocketServer. */
async function accept(listener: Socket, server: Server): Promise<void> {
  for await (const [client] of listener.connections()) {
    try {
      server.emit('connection', toDuplex(client))
    } catch {
      client.close() // it has gone before it was accepted
    }
  }
}

/** A WebSocket over a Unix socket with this abstract name. */
function open(name: string, timeout: number): WebSocket {
  const connect = connector({ address: `\0${name}`, timeout }) as unknown as typeof createConnection
  return new WebSocket('ws://localhost/', { createConnection: connect, handshakeTimeout: timeout })
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    name: { type: 'string', default: 'websocket-example' },
    timeout: { type: 'string', default: '10000' },
  },
})
if (values.help) {
  console.log(
    'usage: websocket server [--name NAME] [--timeout 10000]\n' +
      '       websocket client [--name NAME] [--timeout 10000] TEXT…',
  )
  process.exit()
}
const timeout = Number(values.timeout)

/** Sends each message back. A client that answers no ping within `timeout` milliseconds is disconnected. */
async function serve(): Promise<void> {
  const listener = new Socket(AF_UNIX)
  listener.bind({ family: 'unix', abstract: values.name })
  listener.listen()
  const server = createServer().setTimeout(timeout) // for a client that asks for nothing
  const sockets = new WebSocketServer({ server, maxPayload: 65_536 })
  sockets.on('connection', socket => {
    let alive = true
    const timer = setInterval(() => {
      if (!alive) return socket.terminate()
      alive = false
      socket.ping()
    }, timeout)
    socket.on('pong', () => (alive = true))
    socket.on('message', (data, binary) => socket.send(data, { binary }))
    socket.on('error', error => console.log(error.message))
    socket.on('close', () => clearInterval(timer))
  })
  process.once('SIGINT', () => {
    listener.close()
    for (const socket of sockets.clients) socket.close(1001) // going away. RFC 6455, 7.4.1
  })
  console.log(`listening on ${values.name}`)
  await accept(listener, server)
}

function ask(messages: string[]): void {
  const socket = open(values.name, timeout)
  let left = messages.length
  socket.on('open', () => messages.forEach(message => socket.send(message)))
  socket.on('message', data => {
    console.log((data as Buffer).toString())
    if (--left === 0) socket.close(1000)
  })
  socket.on('close', code => console.log(`closed: ${code}`))
  socket.on('error', error => {
    console.error(error.message)
    process.exitCode = 1
  })
}

if (positionals[0] === 'client') ask(positionals.slice(1))
else await serve()
