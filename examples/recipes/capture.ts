// Writes the packets of an interface to a file for tcpdump and Wireshark. Needs CAP_NET_RAW. Linux. packet(7), pcap-savefile(5)
import { open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { CMSG_SPACE, getOption, meaningOf, whyNot } from 'bsd-sockets'
import { AbortError } from 'bsd-sockets/promises'
import { AF_PACKET, constantsOf, options, setOption, SOCK_RAW } from 'bsd-sockets'
import type { PacketAddress } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

const [ethernet, loopback] = [1, 772] // ARPHRD_ETHER and ARPHRD_LOOPBACK, net/if_arp.h

/** A socket that receives the frames of one interface, each with its time and its length. */
function capturing(name: string): Socket<PacketAddress> {
  const { ETH_P_ALL } = constantsOf('linux')
  const socket = new Socket<PacketAddress>(AF_PACKET!, SOCK_RAW) // of protocol 0: it receives nothing before bind
  try {
    socket.bind({ family: 'packet', ifindex: name, protocol: ETH_P_ALL })
    const { hatype } = socket.getsockname()
    if (hatype !== ethernet && hatype !== loopback) throw new Error(`${name} has no Ethernet frames`)
    if (hatype === loopback) setOption(socket, options.packetIgnoreOutgoing, true) // each packet comes in too
    setOption(socket, options.timestampNs, true)
    setOption(socket, options.packetAuxData, true)
    setOption(socket, options.receiveBuffer, 4 << 20)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', short: 'h', default: false },
    interface: { type: 'string', default: 'lo' },
    to: { type: 'string', default: 'capture.pcap' },
  },
})
if (values.help) {
  console.log('usage: capture [--interface lo] [--to capture.pcap] [--count N]\n\nEnds after N packets, or by Ctrl-C.')
  process.exit()
}
const why = whyNot.socket(AF_PACKET, SOCK_RAW)
if (why !== null) {
  console.error(`packets cannot be captured: ${why}`)
  process.exit(1)
}
const mostBytes = 262_144 // of a packet: some that the network card has joined are longer than 64 KiB

const numbers = (...given: number[]): Buffer => Buffer.from(Uint32Array.from(given).buffer)

await using file = await open(values.to, 'w')
using socket = capturing(values.interface)
// In this machine's byte order: the magic number says which it is, and that times have nanoseconds. Version 2.4; Ethernet is 1.
await file.write(
  Buffer.concat([numbers(0xa1b23c4d), Buffer.from(Uint16Array.of(2, 4).buffer), numbers(0, 0, mostBytes, 1)]),
)

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
console.log(`capturing ${values.interface}`)
let count = 0
try {
  const room = { size: mostBytes, batch: 16, controlSize: CMSG_SPACE(16) + CMSG_SPACE(20) }
  for await (const { data, control } of socket.messages({ ...room, signal: stop.signal })) {
    const { timestamp: time = 0n, packetAuxData } = meaningOf(control)
    const length = packetAuxData?.len ?? data.length
    const [seconds, nanoseconds] = [Number(time / 1_000_000_000n), Number(time % 1_000_000_000n)]
    await file.write(Buffer.concat([numbers(seconds, nanoseconds, data.length, length), data]))
    if (++count >= Number(values.count)) break
  }
} catch (error) {
  if (!(error instanceof AbortError)) throw error
}
console.log(`${count} packets, ${getOption(socket, options.packetStatistics).drops} dropped`)
