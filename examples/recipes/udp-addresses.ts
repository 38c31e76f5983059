// A UDP server on all addresses of a machine, which answers from the address that was asked: a client that asked 192.0.2.2
// drops an answer from 192.0.2.1. The kernel reports where each datagram was sent to. ip(7), IP_PKTINFO
import { parseArgs } from 'node:util'
import {
  AF_INET,
  CMSG_SPACE,
  IP_PKTINFO,
  IP_RECVPKTINFO,
  IPPROTO_IP,
  isSocketError,
  meaningOf,
  SOCK_DGRAM,
} from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

const pktinfoSize = 12 // of struct in_pktinfo: an int and two addresses

/** Sends each datagram back, from the address that it came to, until the socket is closed. */
async function echo(socket: Socket): Promise<void> {
  socket.setsockopt(IPPROTO_IP, IP_RECVPKTINFO ?? IP_PKTINFO, true)
  for await (const { data, address, control, truncated } of socket.messages({ controlSize: CMSG_SPACE(pktinfoSize) })) {
    const { packetInfo } = meaningOf(control)
    console.log(`${data.length} bytes to ${packetInfo?.address}${truncated ? ', cut off' : ''}`)
    try {
      await socket.sendmsg([data], [{ packetInfo }], 0, address ?? undefined)
    } catch (error) {
      if (!isSocketError(error)) throw error
      console.error(error.message) // such as EHOSTUNREACH: of this client alone
    }
  }
}

const { values } = parseArgs({
  options: { help: { type: 'boolean', short: 'h', default: false }, port: { type: 'string', default: '7007' } },
})
if (values.help) {
  console.log('usage: udp-addresses [--port 7007]   echoes on all IPv4 addresses of this machine')
  process.exit()
}
const socket = new Socket(AF_INET, SOCK_DGRAM)
socket.bind(['', Number(values.port)])
process.once('SIGINT', () => socket.close()) // which ends the loop
console.log(`listening on port ${socket.getsockname().port}`)
await echo(socket)
