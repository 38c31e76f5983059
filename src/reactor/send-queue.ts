// What the kernel did not take from a connection, and files. Most connections never need a queue.
import { constants } from 'node:os'
import { viewed } from '../data.js'
import { NOSIGNAL } from '../descriptors/open.js'
import type { OwnedFd } from '../descriptors/owned-fd.js'
import { sendfile } from '../syscalls/index.js'
import { call } from '../syscalls/native.js'
import type { View } from '../syscalls/native.js'

const { EINTR, EIO } = constants.errno

// The maximum number of parts of one call. sendmsg(2), IOV_MAX
const maxParts = 1024

/** The result of a flush that has sent its share of a file for this turn of the event loop. */
export const TURN = 1

// That share in bytes, so that one client with a fast line does not keep the others waiting.
const share = 1024 * 1024

const sendmsg = call<(fd: number, iov: readonly View[], name: null, control: null, flags: number) => number>('sendmsg')

/** A part of a file; the queue owns the descriptor. */
interface FilePart {
  readonly file: OwnedFd
  readonly position: BigInt64Array
  left: number
}

const isView = (part: View | FilePart): part is View => ArrayBuffer.isView(part)

/** Queued bytes and files, in their order. */
export class SendQueue {
  /** The number of queued bytes; those of the files are included. */
  bytes = 0
  readonly #parts: (View | FilePart)[] = []

  /** Queues a copy of the bytes after the first `sent`. */
  push(data: View, sent: number): void {
    const rest = Buffer.from(viewed('data', data).subarray(sent))
    this.#parts.push(rest)
    this.bytes += rest.length
  }

  /** Queues `count` bytes of a file, and closes its descriptor when they are sent. */
  pushFile(file: OwnedFd, offset: number, count: number): void {
    this.#parts.push({ file, position: new BigInt64Array([BigInt(offset)]), left: count })
    this.bytes += count
  }

  /** The system call that sends the next part. */
  get syscall(): 'send' | 'sendfile' {
    const [next] = this.#parts
    return next === undefined || isView(next) ? 'send' : 'sendfile'
  }

  /**
   * Sends as many bytes as the kernel takes. Returns 0 if all are sent, TURN, −EAGAIN, or −errno of a failure; that is −EIO if a
   * file ends too early. sendmsg(2), sendfile(2)
   */
  flush(fd: number): number {
    const parts = this.#parts
    let inTurn = 0
    while (parts.length > 0) {
      const [next] = parts
      const sent = isView(next!) ? this.#sendViews(fd) : this.#sendFile(fd, next!)
      if (sent === -EINTR) continue
      if (sent < 0) return sent
      this.bytes -= sent
      if (this.syscall === 'sendfile' && (inTurn += sent) >= share) return TURN
    }
    return 0
  }

  /** Drops all, and closes the files. */
  drop(): void {
    for (const part of this.#parts.splice(0)) if (!isView(part)) part.file.close()
  }

  // Sends the bytes before the next file.
  #sendViews(fd: number): number {
    const parts = this.#parts
    const end = parts.findIndex((part, i) => i === maxParts || !isView(part))
    const views = (end < 0 ? parts : parts.slice(0, end)) as View[]
    const result = sendmsg(fd, views, null, null, NOSIGNAL)
    if (result <= 0) return result
    let sent = result
    let whole = 0
    while (whole < views.length && sent >= views[whole]!.byteLength) sent -= views[whole++]!.byteLength
    if (sent > 0) views[whole] = (views[whole] as Buffer).subarray(sent)
    if (views !== parts && whole < views.length) parts[whole] = views[whole]!
    parts.splice(0, whole)
    return result
  }

  #sendFile(fd: number, part: FilePart): number {
    const sent = sendfile(fd, part.file.fd, part.position, Math.min(part.left, share))
    if (sent === 0) return -EIO
    if (sent < 0) return sent
    part.left -= sent
    if (part.left === 0) {
      this.#parts.shift()
      part.file.close()
    }
    return sent
  }
}
