// A server on a Unix socket that serves only the users it knows. The kernel reports who has connected: nobody can forge it,
// and no password is needed. unix(7), SO_PEERCRED
import { parseArgs } from 'node:util'
import { peerCredentials } from 'bsd-sockets'
import { listen } from 'bsd-sockets/reactor'
import type { Server } from 'bsd-sockets/reactor'

/** Serves the users with these numbers. */
const serve = (path: string, users: readonly number[]): Server =>
  listen({
    path,
    open(connection) {
      const { pid, uid, gid } = peerCredentials(connection)
      const allowed = users.includes(uid)
      console.log(`process ${pid} of user ${uid}, group ${gid}: ${allowed ? 'served' : 'refused'}`)
      connection.end(allowed ? `hello, user ${uid}\n` : 'not allowed\n')
    },
    data: () => {}, // what it says is of no interest here
  })

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    path: { type: 'string', default: 'peer.sock' },
    user: { type: 'string', multiple: true, default: [String(process.getuid?.())] },
  },
})
if (values.help) {
  console.log('usage: peer [--path peer.sock] [--user NUMBER]...   default: the user that runs it')
  process.exit()
}
const server = serve(values.path, values.user.map(Number))
process.once('SIGINT', () => server.close())
console.log(`listening on ${values.path}`)
