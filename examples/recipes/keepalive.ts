// An http server and client that notice that the other end is gone: its machine has crashed, or a NAT forgot the connection.
// The kernel probes an idle connection (SO_KEEPALIVE), and ends one whose bytes stay unacknowledged (TCP_USER_TIMEOUT). tcp(7)
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { getOption, options } from 'bsd-sockets'
import { Agent, createServer, get } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import { setOptions } from 'bsd-sockets'
import { connector } from 'bsd-sockets/streams'

const sockopts = {
  keepAlive: true,
  tcpKeepIdle: 30, // seconds without traffic before the first probe
  tcpKeepInterval: 10, // seconds between probes
  tcpKeepCount: 3, // after this many probes without an answer the connection ends: 30 + 3 * 10 seconds
  tcpUserTimeout: 60_000, // milliseconds that sent bytes may stay unacknowledged
}

/** A server whose connections have these options: an accepted socket inherits them from the listening one. */
function protectedServer(listener: RequestListener): Server {
  const server = createServer(listener)
  server.on('listening', () => setOptions(server, sockopts))
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    console.error(`lost a client: ${code}`) // ETIMEDOUT
    socket.destroy()
  })
  return server
}

/** An Agent whose connections have them, also between two requests. */
class ProtectedAgent extends Agent {
  override createConnection = connector({ sockopts })
  override keepSocketAlive(socket: Socket): boolean {
    socket.unref()
    return true // Node's own method would set other times here: setKeepAlive(true, keepAliveMsecs)
  }
}

const { values } = parseArgs({
  options: {
    get: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '8000' },
    size: { type: 'string', default: '6' },
    'user-timeout': { type: 'string' },
  },
})
if (values.help) {
  console.log(
    'usage: keepalive [--port 8000] [--size BYTES] [--user-timeout 60000]   a server; size: of its answers\n' +
      '       keepalive --get URL                                            a client',
  )
  process.exit()
}

if (values['user-timeout'] !== undefined) sockopts.tcpUserTimeout = Number(values['user-timeout'])

/** What the kernel says that a connection has. */
const had = (socket: Socket): string =>
  `keepalive ${getOption(socket, options.keepAlive)}, after ${getOption(socket, options.tcpKeepIdle)} s, ` +
  `user timeout ${getOption(socket, options.tcpUserTimeout)} ms`

if (values.get === undefined) {
  const server = protectedServer((_, response) => response.end('x'.repeat(Number(values.size))))
  server.on('connection', socket => console.log(`accepted: ${had(socket)}`))
  server.listen(Number(values.port), '127.0.0.1', () =>
    console.log(`listening on ${(server.address() as AddressInfo).port}`),
  )
  process.once('SIGINT', () => server.close())
} else {
  const agent = new ProtectedAgent({ keepAlive: true })
  try {
    for (let i = 1; i <= 2; i++) {
      const [response] = (await once(get(values.get, { agent }), 'response')) as [IncomingMessage]
      const { socket } = response
      const { length } = await text(response)
      console.log(`request ${i}: ${length} bytes at port ${socket.localPort}, ${had(socket)}`)
    }
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
  agent.destroy()
}
