// Sends echo requests to a host, and prints the round-trip times. Users without privileges need a datagram socket: macOS
// always allows it, Linux if net.ipv4.ping_group_range does. A raw socket needs root. icmp(7), RFC 792
import { parseArgs } from 'node:util'
import {
  AF_INET,
  AF_INET6,
  CMSG_SPACE,
  getaddrinfo,
  getnameinfo,
  ICMP6_ECHO_REPLY,
  ICMP6_ECHO_REQUEST,
  meaningOf,
} from 'bsd-sockets'
import {
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  IP_RECVTTL,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_IPV6,
} from 'bsd-sockets'
import {
  IPV6_RECVHOPLIMIT,
  NI_NUMERICHOST,
  PermissionError,
  SOCK_DGRAM,
  SOCK_RAW,
  Socket,
  TimeoutError,
} from 'bsd-sockets'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', short: 'c', default: '3' },
    help: { type: 'boolean', short: 'h', default: false },
    timeout: { type: 'string', short: 't', default: '1000' }, // milliseconds for each answer
  },
})
if (values.help) {
  console.log('usage: ping [--count 3] [--timeout 1000] [host]\n\nDefault host: 127.0.0.1.')
  process.exit()
}

const [target] = getaddrinfo(positionals[0] ?? '127.0.0.1', null, { type: SOCK_DGRAM })
const six = target!.family === AF_INET6
const [request, reply] = six ? [ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY] : [ICMP_ECHO, ICMP_ECHOREPLY]
const host = getnameinfo(target!.address, NI_NUMERICHOST)[0]

function open(): Socket {
  const [family, protocol] = six ? [AF_INET6, IPPROTO_ICMPV6] : [AF_INET, IPPROTO_ICMP]
  try {
    return new Socket(family, SOCK_DGRAM, protocol)
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error
    return new Socket(family, SOCK_RAW, protocol)
  }
}

const socket = open()
if (six) socket.setsockopt(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, true)
else socket.setsockopt(IPPROTO_IP, IP_RECVTTL, true)
const id = process.pid & 0xffff // the kernel puts one of its own there if it is a datagram socket

/** The Internet checksum: the ones' complement of the sum of the packet's 16-bit words. RFC 1071 */
function checksum(packet: Buffer): number {
  let sum = 0
  for (let i = 0; i < packet.length; i += 2) sum += packet.readUInt16BE(i)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

function echoRequest(sequence: number): Buffer {
  const packet = Buffer.alloc(64)
  packet[0] = request
  packet.writeUInt16BE(id, 4)
  packet.writeUInt16BE(sequence, 6)
  packet.write('bsd-sockets', 8)
  packet.writeUInt16BE(checksum(packet), 2) // over IPv6 the kernel does it
  return packet
}

/** Waits for the answer to one request and ignores other packets. Returns its size in bytes and its TTL. */
function echoReply(sequence: number, deadline: number): { size: number; ttl: number | undefined } {
  for (;;) {
    socket.settimeout(Math.max(0, Math.ceil(deadline - performance.now())) || 1)
    const { data, control } = socket.recvmsg(1500, CMSG_SPACE(4))
    const raw = !six && socket.type === SOCK_RAW
    const icmp = raw ? data.subarray((data[0]! & 15) * 4) : data // a raw socket gives the IPv4 header too
    const ours = socket.type === SOCK_DGRAM || (icmp.length >= 8 && icmp.readUInt16BE(4) === id)
    if (icmp.length < 8 || icmp[0] !== reply || !ours || icmp.readUInt16BE(6) !== sequence) continue
    return { size: icmp.length, ttl: meaningOf(control).ttl }
  }
}

console.log(`ping ${host} over a ${socket.type === SOCK_RAW ? 'raw' : 'datagram'} socket`)
let answers = 0
for (let sequence = 1; sequence <= Number(values.count); sequence++) {
  const start = performance.now()
  socket.sendto(echoRequest(sequence), target!.address)
  try {
    const { size, ttl } = echoReply(sequence, start + Number(values.timeout))
    answers++
    const time = (performance.now() - start).toFixed(3)
    console.log(`${size} bytes from ${host}: icmp_seq=${sequence} ttl=${ttl} time=${time} ms`)
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log(`no answer to icmp_seq=${sequence}`)
  }
}
console.log(`${values.count} sent, ${answers} answered`)
socket.close()
process.exitCode = answers > 0 ? 0 : 1
