// Connects to a name with many addresses, some of which do not answer. Each attempt starts shortly after the previous
// one, and the first connection wins. RFC 8305
import { parseArgs } from 'node:util'
import { SOCK_STREAM } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'
import { createConnection, getaddrinfo } from 'bsd-sockets/promises'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    delay: { type: 'string', default: '250' },
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '80' },
    timeout: { type: 'string', default: '10000' },
  },
})
if (values.help) {
  console.log('usage: happy-eyeballs [host=localhost] [--port 80] [--delay MS] [--timeout MS]')
  process.exit()
}

const [host = 'localhost'] = positionals
const text = (address: SocketAddress): string => ('address' in address ? String(address.address) : address.family)

for (const { address } of await getaddrinfo(host, values.port, { type: SOCK_STREAM })) {
  console.log(`${host} is ${text(address)}`)
}
const attemptDelay = Number(values.delay)
try {
  const socket = await createConnection([host, Number(values.port)], { attemptDelay, timeout: Number(values.timeout) })
  console.log(`connected to ${text(socket.getpeername())}`)
  socket.close()
} catch (error) {
  const errors = error instanceof AggregateError ? error.errors : [error]
  for (const { message } of errors as Error[]) console.log(message)
  process.exitCode = 1
}
