// Lists Unix sockets. sock_diag(7), linux/unix_diag.h
import { AF_UNIX, NETLINK_SOCK_DIAG, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from '../../constants.js'
import { SOCK_DIAG_BY_FAMILY } from '../../constants.js'
import { number, optional } from '../../structs/fields.js'
import { structure } from '../../structs/structure.js'
import type { NetlinkBytes } from '../../structs/netlink.js'
import { dump } from './netlink.js'
import type { Asked, Listed, UnixEnd } from './socket.js'

interface Request {
  family: number
  states: number
  show: number
}

const request = structure<Request>('unix_diag_req', {
  family: ['sdiag_family', number],
  states: ['udiag_states', number],
  show: ['udiag_show', optional(number, 0)],
})

interface Answer {
  type: number
  state: number
  inode: number
}

const answer = structure<Answer>('unix_diag_msg', {
  type: ['udiag_type', number],
  state: ['udiag_state', number],
  inode: ['udiag_ino', number],
})

// The attributes of an answer, and the bits of `show` that ask for them.
const UNIX_DIAG_NAME = 0
const UNIX_DIAG_PEER = 2
const UNIX_DIAG_RQLEN = 4
const UNIX_DIAG_UID = 7
const UDIAG_SHOW_NAME = 0x01
const UDIAG_SHOW_PEER = 0x04
const UDIAG_SHOW_RQLEN = 0x10
const UDIAG_SHOW_UID = 0x40
const show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID

const netids = new Map<number, string>([
  [SOCK_STREAM, 'u_str'],
  [SOCK_DGRAM, 'u_dgr'],
  [SOCK_SEQPACKET, 'u_seq'],
])

function nameOf(name: NetlinkBytes | undefined): Omit<UnixEnd, 'inode'> {
  if (name === undefined || name.bytes.length === 0) return {}
  return name.bytes[0] === 0 ? { abstract: name.bytes.toString('utf8', 1) } : { path: name.text() }
}

/** The Unix sockets in these states. */
export function* unixSockets({ states }: Asked): Generator<Listed> {
  const bytes = request.encode({ family: AF_UNIX, states, show })
  for (const payload of dump(NETLINK_SOCK_DIAG!, SOCK_DIAG_BY_FAMILY!, bytes)) {
    if (payload.bytes.length < answer.room) throw new Error(`sock_diag: an answer of ${payload.bytes.length} bytes`)
    const { type, state, inode } = answer.decode(payload.bytes)
    const attributes = payload.attributes(answer.room)
    const queues = attributes.get(UNIX_DIAG_RQLEN)
    const uid = attributes.get(UNIX_DIAG_UID)?.u32()
    yield {
      netid: netids.get(type) ?? 'u_???',
      state,
      recvQ: queues?.u32() ?? 0,
      sendQ: queues?.u32(4) ?? 0,
      local: { ...nameOf(attributes.get(UNIX_DIAG_NAME)), inode },
      peer: { inode: attributes.get(UNIX_DIAG_PEER)?.u32() ?? 0 },
      inode,
      ...(uid !== undefined && { uid }),
    }
  }
}
