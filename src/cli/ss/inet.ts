// Lists TCP, UDP and raw sockets. sock_diag(7), linux/inet_diag.h
import { NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY } from '../../constants.js'
import { AF_INET, IPPROTO_RAW, IPPROTO_TCP, IPPROTO_UDP } from '../../constants.js'
import { isSocketError } from '../../errors.js'
import { if_indextoname } from '../../names/addrinfo.js'
import { options } from '../../options/index.js'
import { networkOrder, number } from '../../structs/fields.js'
import type { Kind } from '../../structs/fields.js'
import { structure } from '../../structs/structure.js'
import { inet_ntop } from '../../syscalls/inet.js'
import { dump } from './netlink.js'
import type { Asked, InetEnd, Listed, Timer } from './socket.js'

interface Request {
  family: number
  protocol: number
  extensions: number
  states: number
}

const request = structure<Request>('inet_diag_req_v2', {
  family: ['sdiag_family', number],
  protocol: ['sdiag_protocol', number],
  extensions: ['idiag_ext', number],
  states: ['idiag_states', number],
})

// The bytes of a field that is an array: __be32 [4].
const words: Kind<Buffer> = {
  read: (bytes, { offset, size }) => bytes.subarray(offset, offset + size),
  write: () => undefined, // never: the kernel's answers have it
}

interface Answer {
  family: number
  state: number
  timer: number
  retransmissions: number
  localPort: number
  peerPort: number
  localAddress: Buffer
  peerAddress: Buffer
  ifindex: number
  expires: number
  receiveQueue: number
  sendQueue: number
  uid: number
  inode: number
}

const answer = structure<Answer>('inet_diag_msg', {
  family: ['idiag_family', number],
  state: ['idiag_state', number],
  timer: ['idiag_timer', number],
  retransmissions: ['idiag_retrans', number],
  localPort: ['id.idiag_sport', networkOrder],
  peerPort: ['id.idiag_dport', networkOrder],
  localAddress: ['id.idiag_src', words],
  peerAddress: ['id.idiag_dst', words],
  ifindex: ['id.idiag_if', number],
  expires: ['idiag_expires', number],
  receiveQueue: ['idiag_rqueue', number],
  sendQueue: ['idiag_wqueue', number],
  uid: ['idiag_uid', number],
  inode: ['idiag_inode', number],
})

// The attributes that an answer may have; bit n − 1 of `extensions` asks for number n.
const INET_DIAG_INFO = 2
const INET_DIAG_CONG = 4
const INET_DIAG_SKV6ONLY = 11

const withInfo = (1 << (INET_DIAG_INFO - 1)) | (1 << (INET_DIAG_CONG - 1))

const protocols = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP, raw: IPPROTO_RAW } as const

/** The kinds of sockets, as ss names them. */
export type InetNetid = keyof typeof protocols

// What idiag_timer says, as ss shows it.
const timers = ['off', 'on', 'keepalive', 'timewait', 'persist']

const timerOf = ({ timer, expires, retransmissions }: Answer): { timer: Timer } | undefined =>
  timer === 0 ? undefined : { timer: { name: timers[timer] ?? 'unknown', expires, retransmissions } }

function interfaceOf(index: number): { interface: string } | undefined {
  if (index === 0) return undefined
  try {
    return { interface: if_indextoname(index) }
  } catch (error) {
    if (!isSocketError(error)) throw error
    return { interface: `${index}` } // it no longer exists
  }
}

function endOf(family: number, address: Buffer, port: number): InetEnd {
  return { address: inet_ntop(family, family === AF_INET ? address.subarray(0, 4) : address), port }
}

/** The sockets of this kind and family, AF_INET or AF_INET6. */
export function* inetSockets(netid: InetNetid, family: number, { states, info }: Asked): Generator<Listed> {
  const protocol = protocols[netid]
  const extensions = info && netid === 'tcp' ? withInfo : 0
  const bytes = request.encode({ family, protocol, extensions, states })
  for (const payload of dump(NETLINK_SOCK_DIAG!, SOCK_DIAG_BY_FAMILY!, bytes)) {
    if (payload.bytes.length < answer.room) throw new Error(`sock_diag: an answer of ${payload.bytes.length} bytes`)
    const given = answer.decode(payload.bytes)
    if (given.family !== family) continue
    const attributes = payload.attributes(answer.room)
    const tcpInfo = attributes.get(INET_DIAG_INFO)
    const congestion = attributes.get(INET_DIAG_CONG)?.text()
    const v6Only = attributes.get(INET_DIAG_SKV6ONLY)
    yield {
      netid,
      state: given.state,
      recvQ: given.receiveQueue,
      sendQ: given.sendQueue,
      local: { ...endOf(family, given.localAddress, given.localPort), ...interfaceOf(given.ifindex) },
      peer: endOf(family, given.peerAddress, given.peerPort),
      inode: given.inode,
      uid: given.uid,
      ...(v6Only !== undefined && { v6Only: v6Only.u8() === 1 }),
      ...timerOf(given),
      ...(congestion !== undefined && { congestion }),
      ...(tcpInfo !== undefined && { tcpInfo: options.tcpInfo.codec.decode(tcpInfo.bytes, -1) }),
    }
  }
}
