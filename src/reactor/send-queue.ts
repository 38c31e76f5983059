// The bytes that the kernel did not take from a connection. Most connections never need a queue.
import { constants } from 'node:os'
import { viewed } from '../data.js'
import { NOSIGNAL } from '../descriptors/open.js'
import { call } from '../syscalls/native.js'
import type { View } from '../syscalls/native.js'

const { EINTR } = constants.errno

// The maximum number of parts of one call. sendmsg(2), IOV_MAX
const maxParts = 1024

const sendmsg = call<(fd: number, iov: readonly View[], name: null, control: null, flags: number) => number>('sendmsg')

/** Queued bytes, in their order. */
export class SendQueue {
  /** The number of queued bytes. */
  bytes = 0
  readonly #parts: View[] = []

  /** Queues a copy of the bytes after the first `sent`. */
  push(data: View, sent: number): void {
    const rest = Buffer.from(viewed('data', data).subarray(sent))
    this.#parts.push(rest)
    this.bytes += rest.length
  }

  /** Sends as many bytes as the kernel takes. Returns 0 if all are sent, −EAGAIN, or −errno of a failure. sendmsg(2) */
  flush(fd: number): number {
    const parts = this.#parts
    while (parts.length > 0) {
      let sent = sendmsg(fd, parts.length > maxParts ? parts.slice(0, maxParts) : parts, null, null, NOSIGNAL)
      if (sent === -EINTR) continue
      if (sent < 0) return sent
      this.bytes -= sent
      let whole = 0
      while (whole < parts.length && sent >= parts[whole]!.byteLength) sent -= parts[whole++]!.byteLength
      parts.splice(0, whole)
      if (sent > 0) parts[0] = (parts[0] as Buffer).subarray(sent)
    }
    return 0
  }
}
