// PostgreSQL, by the package `pg`, over a socket that is prepared before it connects. tcp(7), unix(7)
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { HostAndPort } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'

/** A connection that ends if what was sent is not acknowledged within ten seconds. */
const connect = (server: HostAndPort): Promise<Socket> =>
  createConnection(server, { sockopts: { tcpUserTimeout: 10_000 }, timeout: 5000 })

/** A client that is logged in over a connected socket, which it owns. */
async function login(socket: Socket, config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 5000, stream: () => toDuplex(socket) })
  client.on('error', error => console.error(error.message)) // of a connection that breaks while nothing is asked
  await client.connect()
  return client
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    database: { type: 'string', default: 'postgres' },
    help: { type: 'boolean', short: 'h', default: false },
    host: { type: 'string', default: 'localhost' },
    path: { type: 'string' },
    port: { type: 'string', default: '5432' },
    user: { type: 'string', default: 'postgres' },
  },
})
if (values.help) {
  console.log(
    'usage: postgres [--path SOCKET | --host localhost --port 5432] [--user postgres] [--database postgres] SQL\n\n' +
      'The password is in PGPASSWORD.',
  )
  process.exit()
}
const { database, host, path, port, user } = values
const socket =
  path === undefined ? await connect([host, Number(port)]) : await createConnection({ family: 'unix', path })
const client = await login(socket, { database, user })
try {
  const { rows } = await client.query<Record<string, unknown>>(positionals[0] ?? 'SELECT version()')
  for (const row of rows) console.log(JSON.stringify(row))
} finally {
  await client.end()
}
