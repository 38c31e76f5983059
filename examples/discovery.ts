// Discovery without a server: a client sends a query to a multicast group, and each member answers the client. ip(7)
import { parseArgs } from 'node:util'
import { hostname } from 'node:os'
import { TimeoutError } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'
import { AF_INET, IP_MULTICAST_ALL, options, setOption, SOCK_DGRAM } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

/** A socket that receives what comes for a group by one interface, given by its address there, and nothing else. */
function member(group: string, port: number, address: string): Socket {
  const socket = new Socket(AF_INET, SOCK_DGRAM)
  try {
    setOption(socket, options.reuseAddress, true) // others of this machine listen to the same port
    if (IP_MULTICAST_ALL !== undefined) setOption(socket, options.ipMulticastAll, false) // only what this socket joins
    socket.bind([group, port]) // the group's address: nothing that is sent to this machine alone
    setOption(socket, options.ipAddMembership, { group, address })
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** A socket that sends to groups by one interface. */
function sender(address: string): Socket {
  const socket = new Socket(AF_INET, SOCK_DGRAM)
  try {
    setOption(socket, options.ipMulticastInterface, { address })
    setOption(socket, options.ipMulticastTtl, 1) // no router passes it on
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

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
  const socket = member(values.group, Number(values.port), values.interface)
  console.log(`listening on ${text(socket.getsockname())}`)
  for (;;) {
    const [data, from] = await socket.recvfrom(1024)
    if (data.toString() === question) await socket.sendto(values.name, from)
  }
}

async function ask(): Promise<void> {
  const socket = sender(values.interface)
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
