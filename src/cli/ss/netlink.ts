// Asks the kernel for lists. netlink(7)
import { AF_NETLINK, MSG_TRUNC, NLM_F_DUMP, NLM_F_REQUEST, SOCK_RAW } from '../../constants.js'
import { socketError } from '../../errors.js'
import { Socket } from '../../sockets/socket.js'
import { number } from '../../structs/fields.js'
import { parseNetlink } from '../../structs/netlink.js'
import type { NetlinkBytes } from '../../structs/netlink.js'
import { structure } from '../../structs/structure.js'

interface Header {
  length: number
  type: number
  flags: number
  sequence: number
  port: number
}

const header = structure<Header>('nlmsghdr', {
  length: ['nlmsg_len', number],
  type: ['nlmsg_type', number],
  flags: ['nlmsg_flags', number],
  sequence: ['nlmsg_seq', number],
  port: ['nlmsg_pid', number],
})

const room = 1 << 16 // the kernel sends at most 32 KiB of a list at once
const limit = 10_000 // milliseconds; the kernel answers at once

/**
 * The payloads of the messages with which the kernel answers a request for a list.
 *
 * @throws SocketError with the errno of the answer: ENOENT if the kernel lacks the module that would answer
 */
export function* dump(protocol: number, type: number, request: Uint8Array): Generator<NetlinkBytes> {
  using socket = new Socket(AF_NETLINK!, SOCK_RAW, protocol)
  socket.settimeout(limit)
  const head = { length: header.room + request.length, type, flags: NLM_F_REQUEST! | NLM_F_DUMP!, sequence: 1, port: 0 }
  socket.send(Buffer.concat([header.encode(head), request]))
  for (;;) {
    const { data, address, flags } = socket.recvmsg(room)
    if (address === null || !('groups' in address) || address.pid !== 0) continue // not from the kernel
    if ((flags & MSG_TRUNC) !== 0) throw new Error(`netlink: more than ${room} bytes at once`)
    for (const { seq, errno, payload } of parseNetlink(data)) {
      if (seq !== 1) continue
      if (errno === undefined) yield payload
      else if (errno === 0) return
      else throw socketError(errno, 'sock_diag')
    }
  }
}
