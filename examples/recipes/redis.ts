// Redis, by the package `ioredis`, over a socket that is prepared before it connects. tcp(7), unix(7)
import { parseArgs } from 'node:util'
import { AbstractConnector, Redis } from 'ioredis'
import type { Socket as NetSocket } from 'node:net'
import type { HostAndPort } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'

/** A connection that ends if what was sent is not acknowledged within ten seconds. */
const connect = (server: HostAndPort): Promise<Socket> =>
  createConnection(server, { sockopts: { tcpUserTimeout: 10_000 }, timeout: 5000 })

/** The class by which a client connects, and connects again after a failure. */
const connectorBy = (open: () => Promise<Socket>) =>
  class extends AbstractConnector {
    constructor() {
      super(2000) // milliseconds to wait for the end of a connection that the client ends
    }

    async connect(): Promise<NetSocket> {
      return (this.stream = toDuplex(await open()) as unknown as NetSocket)
    }
  }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    host: { type: 'string', default: 'localhost' },
    path: { type: 'string' },
    port: { type: 'string', default: '6379' },
  },
})
if (values.help || positionals.length === 0) {
  console.log('usage: redis [--path SOCKET | --host localhost --port 6379] COMMAND [ARGUMENT…]')
  process.exit(values.help ? 0 : 2)
}
const { host, path, port } = values
const Connector = connectorBy(() =>
  path === undefined ? connect([host, Number(port)]) : createConnection({ family: 'unix', path }),
)
const client = new Redis({ Connector, maxRetriesPerRequest: 2, commandTimeout: 10_000 })
client.on('error', (error: Error) => console.error(error.message)) // it connects again
try {
  const [command, ...args] = positionals
  console.log(await client.call(command!, ...args))
} finally {
  client.disconnect()
}
