// Asks the kernel for the machine's interfaces, addresses and routes over a netlink socket, as `ip link`, `ip address`
// and `ip route` do. netlink(7), rtnetlink(7)
import { endianness } from 'node:os'
import { getSystemErrorName, parseArgs } from 'node:util'
import { AF_NETLINK, IFA_ADDRESS, IFA_LOCAL, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU } from 'bsd-sockets'
import { NETLINK_ROUTE, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, parseNetlink } from 'bsd-sockets'
import { RT_TABLE_MAIN, RTA_DST, RTA_GATEWAY, RTA_OIF, RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE } from 'bsd-sockets'
import { SOCK_RAW, Socket, whyNot } from 'bsd-sockets'
import type { NetlinkBytes } from 'bsd-sockets'

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } })
if (values.help) {
  console.log('usage: netlink-routes\n\nLists the interfaces, addresses and routes of this machine. Linux.')
  process.exit()
}
const why = whyNot.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
if (why !== null) {
  console.error(`there is no netlink here: ${why}`)
  process.exit(1)
}

const littleEndian = endianness() === 'LE' // netlink speaks as the machine does
const socket = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
socket.settimeout(5000)
const kernel = { family: 'netlink', pid: 0, groups: 0 } as const

/** Requests all objects of a type: returns the payloads of all messages of the answer. */
function* dump(type: number): Generator<NetlinkBytes> {
  const request = Buffer.alloc(20) // a struct nlmsghdr and a struct rtgenmsg: any family
  const integers = new DataView(request.buffer, request.byteOffset)
  integers.setUint32(0, request.length, littleEndian)
  integers.setUint16(4, type, littleEndian)
  integers.setUint16(6, NLM_F_REQUEST! | NLM_F_DUMP!, littleEndian)
  socket.sendto(request, kernel)
  for (;;) {
    for (const message of parseNetlink(socket.recv(1 << 16))) {
      if (message.errno) throw new Error(`the kernel answers with ${getSystemErrorName(message.errno)}`)
      if (message.type === NLMSG_DONE) return
      yield message.payload
    }
  }
}

const hardware = (address: NetlinkBytes | undefined): string =>
  address?.bytes.toString('hex').replace(/..\B/g, '$&:') ?? ''

const names = new Map<number | undefined, string>()

console.log('interfaces')
for (const link of dump(RTM_GETLINK!)) {
  const attributes = link.attributes(16) // behind a struct ifinfomsg
  const [index, flags = 0] = [link.u32(4), link.u32(8)]
  names.set(index, attributes.get(IFLA_IFNAME!)?.text() ?? '')
  const state = (flags & 1) !== 0 ? 'up' : 'down' // IFF_UP: netdevice(7)
  const mtu = attributes.get(IFLA_MTU!)?.u32()
  console.log(`  ${index}: ${names.get(index)} ${state} mtu ${mtu} ${hardware(attributes.get(IFLA_ADDRESS!))}`)
}

console.log('addresses')
for (const entry of dump(RTM_GETADDR!)) {
  const attributes = entry.attributes(8) // behind a struct ifaddrmsg
  const address = attributes.get(IFA_LOCAL!) ?? attributes.get(IFA_ADDRESS!)
  console.log(`  ${address?.ip()}/${entry.u8(1)} on ${names.get(entry.u32(4))}`)
}

console.log('routes')
for (const route of dump(RTM_GETROUTE!)) {
  if (route.u8(4) !== RT_TABLE_MAIN) continue // those of the tables "local" and "default" are the kernel's own
  const attributes = route.attributes(12) // behind a struct rtmsg
  const destination = attributes.get(RTA_DST)?.ip()
  const gateway = attributes.get(RTA_GATEWAY)?.ip()
  const to = destination === undefined ? 'default' : `${destination}/${route.u8(1)}`
  const via = gateway === undefined ? '' : ` via ${gateway}`
  console.log(`  ${to}${via} on ${names.get(attributes.get(RTA_OIF!)?.u32()) ?? 'no interface'}`)
}

socket.close()
