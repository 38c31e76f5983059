// Sending without copying: the memory is the kernel's until it says that it is done.
import { CMSG_SPACE } from '../syscalls/index.js'
import { MSG_ERRQUEUE, MSG_ZEROCOPY, SO_ZEROCOPY, SOL_SOCKET } from '../constants.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { invalidThis, invalidType, invalidValue } from '../checks.js'
import { addressRoom } from '../structs/address.js'
import { sizeOf } from '../syscalls/layout.js'
import type { View } from '../syscalls/native.js'
import { SocketBase } from './base.js'
import type { ReceivedMessage } from './base.js'

/** A send that the kernel is done with. */
export interface ZerocopyCompletion {
  /** What was given to trySend: its memory can be written to again. */
  data: View
  /** Whether the kernel had to copy after all, as it does on the loopback: then a plain send is cheaper. */
  copied: boolean
}

const controlSize = 2 * CMSG_SPACE(sizeOf('sock_extended_err') + addressRoom)

// Refuses a `this` of another class; each method begins with it.
let brand: (self: ZerocopySender) => unknown

/**
 * Sends with MSG_ZEROCOPY over a socket of either kind, TCP or UDP: worth it from about 10 KiB a send. It keeps what is
 * being sent alive, and reads the socket's error queue, where the kernel says what it is done with; until then the data
 * must not be changed. Every such send of the socket must go through one of these, since the kernel counts them. Linux.
 * send(2), Documentation/networking/msg_zerocopy.rst
 */
export class ZerocopySender {
  readonly #socket: SocketBase
  readonly #pending = new Map<number, View>()
  #next = 0

  static {
    brand = self => {
      try {
        return self.#socket
      } catch {
        throw invalidThis('ZerocopySender')
      }
    }
  }

  /** Sets SO_ZEROCOPY. */
  constructor(socket: SocketBase) {
    if (!(socket instanceof SocketBase)) throw invalidType('socket', socket, 'a Socket')
    if (SO_ZEROCOPY === undefined) throw invalidValue('socket', socket, `has no MSG_ZEROCOPY on ${process.platform}`)
    socket.setsockopt(SOL_SOCKET, SO_ZEROCOPY, true)
    this.#socket = socket
  }

  /** How many sends the kernel is not known to be done with. */
  get pending(): number {
    brand(this)
    return this.#pending.size
  }

  /**
   * As the socket's trySend, without copying.
   *
   * @throws SocketError ENOBUFS when too much is under way: what completions() reports makes room
   */
  trySend(data: Data, flags = 0): number | null {
    brand(this)
    const bytes = bytesOf(data)
    const count = this.#socket.trySend(bytes, flags | MSG_ZEROCOPY!)
    if (count === null || bytes.byteLength === 0) return count // the kernel counts no empty send
    this.#pending.set(this.#next, bytes)
    this.#next = (this.#next + 1) >>> 0
    return count
  }

  /**
   * The sends that the kernel is done with since the last call, in no order; none where it is with none. To wait for
   * some is `poll([[socket, 0]])`. Whatever else is in the error queue is given to `other`.
   */
  completions(other?: (message: ReceivedMessage) => void): ZerocopyCompletion[] {
    brand(this)
    const done: ZerocopyCompletion[] = []
    for (let message; (message = this.#socket.tryRecvmsg(0, controlSize, MSG_ERRQUEUE)) !== null;) {
      const report = message.control.find(({ zerocopy }) => zerocopy !== undefined)?.zerocopy
      if (report === undefined) {
        other?.(message)
        continue
      }
      for (let id = report.first; ; id = (id + 1) >>> 0) {
        const data = this.#pending.get(id)
        if (data !== undefined) done.push({ data, copied: report.copied })
        this.#pending.delete(id)
        if (id === report.last) break
      }
    }
    return done
  }
}
