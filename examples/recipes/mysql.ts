// MySQL and MariaDB, by the package `mysql2`, over a socket that is prepared before it connects. tcp(7), unix(7)
import { parseArgs } from 'node:util'
import { createConnection as createClient } from 'mysql2/promise'
import type { Connection, ConnectionOptions } from 'mysql2/promise'
import type { HostAndPort } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'

/** A connection that ends if what was sent is not acknowledged within ten seconds. */
const connect = (server: HostAndPort): Promise<Socket> =>
  createConnection(server, { sockopts: { tcpUserTimeout: 10_000 }, timeout: 5000 })

/** A client that is logged in over a connected socket, which it owns. */
const login = (socket: Socket, config: ConnectionOptions): Promise<Connection> =>
  createClient({ ...config, connectTimeout: 5000, stream: toDuplex(socket) })

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    database: { type: 'string', default: 'mysql' },
    help: { type: 'boolean', short: 'h', default: false },
    host: { type: 'string', default: 'localhost' },
    path: { type: 'string' },
    port: { type: 'string', default: '3306' },
    user: { type: 'string', default: 'root' },
  },
})
if (values.help) {
  console.log(
    'usage: mysql [--path SOCKET | --host localhost --port 3306] [--user root] [--database mysql] SQL\n\n' +
      'The password is in MYSQL_PWD.',
  )
  process.exit()
}
const { database, host, path, port, user } = values
const password = process.env.MYSQL_PWD ?? ''
const socket =
  path === undefined ? await connect([host, Number(port)]) : await createConnection({ family: 'unix', path })
const client = await login(socket, { database, password, user })
try {
  const [rows] = await client.query(positionals[0] ?? 'SELECT version()')
  for (const row of [rows].flat()) console.log(JSON.stringify(row))
} finally {
  await client.end()
}
