// Asks the kernel for the machine's interfaces, addresses and routes over a netlink socket, as `ip link`, `ip address`
// and `ip route` do. netlink(7), rtnetlink(7)
import { endianness } from 'node:os'
import { parseArgs } from 'node:util'
import { AF_INET, AF_INET6, AF_NETLINK, IFA_ADDRESS, IFA_LOCAL, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU } from 'bsd-sockets'
import { inet_ntop, NETLINK_ROUTE, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR } from 'bsd-sockets'
import { RT_TABLE_MAIN, RTA_DST, RTA_GATEWAY, RTA_OIF, RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE } from 'bsd-sockets'
import { SOCK_RAW, Socket, whyNot } from 'bsd-sockets'

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
const headerSize = 16 // of struct nlmsghdr: length, type, flags, sequence number, port

/** A part of a message. Fields are read at the offsets of the C structure. */
class Structure {
  readonly bytes: Buffer
  readonly #view: DataView
  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  u8 = (offset: number): number => this.#view.getUint8(offset)
  u16 = (offset: number): number => this.#view.getUint16(offset, littleEndian)
  u32 = (offset: number): number => this.#view.getUint32(offset, littleEndian)
  from = (offset: number): Structure => new Structure(this.bytes.subarray(offset))

  /** The attributes from an offset on. Each has a 16-bit length, which includes its header, and a 16-bit type. */
  attributes(offset: number): Map<number, Structure> {
    const found = new Map<number, Structure>()
    for (let at = offset; at + 4 <= this.bytes.length; at += (this.u16(at) + 3) & ~3) {
      if (this.u16(at) < 4) break
      found.set(this.u16(at + 2), new Structure(this.bytes.subarray(at + 4, at + this.u16(at))))
    }
    return found
  }
}

const socket = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
socket.settimeout(5000)
const kernel = { family: 'netlink', pid: 0, groups: 0 } as const

/** Requests all objects of a type: returns the bodies of all messages of the answer. */
function* dump(type: number): Generator<Structure> {
  const request = Buffer.alloc(headerSize + 4) // the header and a struct rtgenmsg: any family
  const view = new DataView(request.buffer, request.byteOffset)
  view.setUint32(0, request.length, littleEndian)
  view.setUint16(4, type, littleEndian)
  view.setUint16(6, NLM_F_REQUEST! | NLM_F_DUMP!, littleEndian)
  socket.sendto(request, kernel)
  for (;;) {
    let rest = new Structure(socket.recv(1 << 16))
    while (rest.bytes.length >= headerSize) {
      const [length, kind] = [rest.u32(0), rest.u16(4)]
      if (kind === NLMSG_DONE) return
      if (kind === NLMSG_ERROR) throw new Error(`the kernel answers with errno ${-(rest.u32(headerSize) | 0)}`)
      yield new Structure(rest.bytes.subarray(headerSize, length))
      rest = rest.from((length + 3) & ~3)
    }
  }
}

const text = (bytes: Structure | undefined): string => bytes?.bytes.toString('utf8').replace(/\0.*/s, '') ?? ''
const hardware = (bytes: Structure | undefined): string => bytes?.bytes.toString('hex').replace(/..\B/g, '$&:') ?? ''

function ip(family: number, address: Structure | undefined): string {
  if (address === undefined) return ''
  return family === AF_INET || family === AF_INET6 ? inet_ntop(family, address.bytes) : address.bytes.toString('hex')
}

const names = new Map<number, string>()

console.log('interfaces')
for (const link of dump(RTM_GETLINK!)) {
  const attributes = link.attributes(16) // behind a struct ifinfomsg
  const [index, flags] = [link.u32(4), link.u32(8)]
  names.set(index, text(attributes.get(IFLA_IFNAME!)))
  const state = (flags & 1) !== 0 ? 'up' : 'down' // IFF_UP: netdevice(7)
  const mtu = attributes.get(IFLA_MTU!)?.u32(0)
  console.log(`  ${index}: ${names.get(index)} ${state} mtu ${mtu} ${hardware(attributes.get(IFLA_ADDRESS!))}`)
}

console.log('addresses')
for (const entry of dump(RTM_GETADDR!)) {
  const attributes = entry.attributes(8) // behind a struct ifaddrmsg
  const address = attributes.get(IFA_LOCAL!) ?? attributes.get(IFA_ADDRESS!)
  console.log(`  ${ip(entry.u8(0), address)}/${entry.u8(1)} on ${names.get(entry.u32(4))}`)
}

console.log('routes')
for (const route of dump(RTM_GETROUTE!)) {
  if (route.u8(4) !== RT_TABLE_MAIN) continue // those of the tables "local" and "default" are the kernel's own
  const attributes = route.attributes(12) // behind a struct rtmsg
  const family = route.u8(0)
  const destination = attributes.get(RTA_DST)
  const gateway = attributes.get(RTA_GATEWAY)
  const to = destination === undefined ? 'default' : `${ip(family, destination)}/${route.u8(1)}`
  const via = gateway === undefined ? '' : ` via ${ip(family, gateway)}`
  console.log(`  ${to}${via} on ${names.get(attributes.get(RTA_OIF!)?.u32(0) ?? 0) ?? 'no interface'}`)
}

socket.close()
