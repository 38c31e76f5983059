// Discovery without a server: a client sends a query to a multicast group, and each member answers the client. ip(7)
import { parseArgs } from 'node:util'
import { hostname } from 'node:os'
import { AF_INET, options, setOption, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET, TimeoutError } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    group: { type: 'string', default: '239.255.77.77' }, // of an organization's own. RFC 2365
    help: { type: 'boolean', short: 'h', default: false },
    interface: { type: 'string', default: '0.0.0.0' },
    name: { type: 'string', default: hostname() },
    port: { type: 'string', default: '9995' },
    wait: { type: 'string', default: '1000' },
  },
})
if (values.help) {
  console.log(
    'usage: discovery announce [--name NAME] [--port 9995] [--group 239.255.77.77] [--interface ADDRESS]\n' +
      '       discovery [--wait 1000]      the same options: asks, and prints who answers in that many milliseconds',
  )
  process.exit()
}

const question = 'who is there?'
const text = (address: SocketAddress): string =>
  address.family === 'IPv4' ? `${address.address}:${address.port}` : address.family

async function announce(): Promise<void> {
  const socket = new Socket(AF_INET, SOCK_DGRAM)
  socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true) // others of this machine listen to the same port
  socket.bind([values.group, Number(values.port)]) // the group's address: nothing else is received
  setOption(socket, options.ipAddMembership, { group: values.group, address: values.interface })
  console.log(`listening on ${text(socket.getsockname())}`)
  for (;;) {
    const [data, from] = await socket.recvfrom(1024)
    if (data.toString() === question) await socket.sendto(values.name, from)
  }
}

async function ask(): Promise<void> {
  const socket = new Socket(AF_INET, SOCK_DGRAM)
  setOption(socket, options.ipMulticastInterface, { address: values.interface })
  setOption(socket, options.ipMulticastTtl, 1) // no router passes it on
  await socket.sendto(question, [values.group, Number(values.port)])
  const end = Date.now() + Number(values.wait)
  try {
    for (;;) {
      const [name, from] = await socket.recvfrom(1024, { timeout: Math.max(1, end - Date.now()) })
      console.log(`${name.toString()} at ${text(from)}`)
    }
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
  } finally {
    socket.close()
  }
}

if (positionals[0] === 'announce') await announce()
else await ask()
