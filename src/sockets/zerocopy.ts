// Sends without copying: the kernel uses the memory until it reports the send as complete.
import { inspect } from 'node:util'
import type { InspectOptions } from 'node:util'
import { CMSG_SPACE } from '../syscalls/index.js'
import { MSG_ERRQUEUE, MSG_ZEROCOPY, SO_ZEROCOPY, SOL_SOCKET } from '../constants.js'
import { bytesOf } from '../data.js'
import type { Data } from '../data.js'
import { checkFlags, invalidThis, invalidValue } from '../checks.js'
import { addressRoom } from '../structs/address.js'
import { sizeOf } from '../syscalls/layout.js'
import type { Parts } from '../shown.js'
import { shownObject } from '../shown.js'
import type { View } from '../syscalls/native.js'
import { checkSocket } from './base.js'
import type { ReceivedMessage, SocketBase } from './base.js'

/** A completed send. */
export interface ZerocopyCompletion {
  /** The data of trySend: its memory may be changed again. */
  data: View
  /** Whether the kernel copied the data nevertheless, as on the loopback interface: then a plain send is faster. */
  copied: boolean
}

const controlSize = 2 * CMSG_SPACE(sizeOf('sock_extended_err') + addressRoom)

// Refuses a `this` of another class; each method begins with it.
let brand: (self: ZerocopySender) => unknown

/**
 * Sends with MSG_ZEROCOPY over a TCP or UDP socket, synchronous or asynchronous; faster from about 10 KiB per send. The data
 * must not be changed until the send is complete, which the kernel reports in the socket's error queue; the sender keeps a
 * reference to it. All such sends of a socket must use the same sender, since the kernel numbers them. Linux.
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

  /**
   * Sets SO_ZEROCOPY. socket(7)
   *
   * @throws TypeError for what is no Socket, or on macOS; SocketError ENOTSUP for a kind of socket that has no
   *   SO_ZEROCOPY, ENOPROTOOPT before Linux 4.14
   */
  constructor(socket: SocketBase) {
    checkSocket(socket)
    if (SO_ZEROCOPY === undefined) throw invalidValue('socket', socket, `has no MSG_ZEROCOPY on ${process.platform}`)
    socket.setsockopt(SOL_SOCKET, SO_ZEROCOPY, true)
    this.#socket = socket
  }

  /** The number of sends that are not reported as complete yet. */
  get pending(): number {
    brand(this)
    return this.#pending.size
  }

  /**
   * As the socket's trySend, without copying. send(2)
   *
   * @throws SocketError ENOBUFS if too many sends are incomplete; call completions() and try again
   */
  trySend(data: Data, flags = 0): number | null {
    brand(this)
    const bytes = bytesOf(data)
    const count = this.#socket.trySend(bytes, checkFlags(flags) | MSG_ZEROCOPY!)
    if (count === null || bytes.byteLength === 0) return count // the kernel does not number empty sends
    this.#pending.set(this.#next, bytes)
    this.#next = (this.#next + 1) >>> 0
    return count
  }

  /**
   * The sends that were completed since the last call, in no particular order; an empty array if none. To wait for some:
   * `poll([[socket, 0]])`. Other messages of the error queue are passed to `other`. recvmsg(2), MSG_ERRQUEUE
   *
   * @throws SocketError EBADF after close, EMFILE if no descriptor is left
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

  /** @internal For console.log: one line. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({ pending: this.#pending.size, socket: this.#socket })
    return shownObject(this, 'ZerocopySender', depth, options, parts)
  }
}
