// A connected Unix stream socket as a Duplex that carries descriptors too. SCM_RIGHTS, unix(7)
import { invalidThis, invalidType, invalidValue, outOfRange } from '../checks.js'
import { bytesOf, viewed } from '../data.js'
import type { Data } from '../data.js'
import { fdOf } from '../descriptors/descriptor.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { duplicate } from '../descriptors/open.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import type { Socket } from '../promises/index.js'
import { checkSocket } from '../sockets/base.js'
import { forever, SocketDuplex, uncaught } from './duplex.js'
import type { DuplexOptions } from './duplex.js'
import { checkCarriesFds, closeAll, receiveFds } from './received-fds.js'

const mostFds = 253 // SCM_MAX_FD. unix(7)

function duplicates(fds: readonly Descriptor[]): OwnedFd[] {
  if (!Array.isArray(fds)) throw invalidType('fds', fds, 'an array')
  if (fds.length > mostFds) throw outOfRange('fds.length', fds.length, `<= ${mostFds}`)
  const made: OwnedFd[] = []
  try {
    for (const fd of fds as readonly Descriptor[]) made.push(new OwnedFd(duplicate(fdOf(fd, 'fcntl'))))
    return made
  } catch (error) {
    closeAll(made)
    throw error
  }
}

// Refuses a `this` of another class; each method begins with it.
let brand: (self: FdDuplex) => unknown

/**
 * A SocketDuplex over a Unix socket that carries descriptors in both directions. `toDuplex` returns it for the option `fds`.
 *
 * Received descriptors come by the event `fds`, an array of OwnedFd, before the `data` whose bytes they came with. The kernel
 * keeps their order, so a protocol that counts them in its messages can queue them. `bytesRead` is then the number of bytes
 * before that `data`, which may begin with bytes of earlier writes. The descriptors belong to the listener; if there is none, or
 * the stream is destroyed, they are closed. If this process cannot have as many descriptors, the stream fails with EMFILE (macOS:
 * EMSGSIZE): none is lost silently. unix(7)
 */
export class FdDuplex extends SocketDuplex {
  // The descriptors of each chunk that is yet to be sent. The stream hands on the same Buffer that it is given.
  readonly #unsent = new Map<Buffer, OwnedFd[]>()

  static {
    brand = self => {
      try {
        return self.#unsent
      } catch {
        throw invalidThis('FdDuplex')
      }
    }
  }

  /**
   * As `toDuplex` with `fds: true`: takes the descriptor of a Unix socket. unix(7)
   *
   * @throws TypeError for a socket that is no Unix socket, or for wrong options; SocketError ENOTCONN if it is not
   *   connected
   */
  constructor(socket: Socket, options?: DuplexOptions) {
    checkSocket(socket)
    checkCarriesFds(socket)
    super(socket, options)
  }

  /**
   * As `write`, in order with it and with the same back-pressure, with at most 253 descriptors, which are sent with the first
   * byte. The stream makes duplicates at once: the caller may close its own right after the call. With no descriptor it is a
   * plain write. The stream fails with ETOOMANYREFS if more descriptors of this user are on their way than RLIMIT_NOFILE allows.
   * sendmsg(2), unix(7), fcntl(2), F_DUPFD_CLOEXEC
   *
   * @throws SocketError EBADF for a closed descriptor, EMFILE if there is none left; TypeError or RangeError for no data, too many
   *   descriptors or wrong arguments. Nothing is written then.
   */
  writeWithFds(data: Data, fds: readonly Descriptor[], callback?: (error?: Error | null) => void): boolean {
    brand(this)
    const { buffer, byteOffset, byteLength } = viewed('data', bytesOf(data))
    if (byteLength === 0) throw invalidValue('data', data, 'must have at least one byte')
    if (callback !== undefined && typeof callback !== 'function')
      throw invalidType('callback', callback, 'of type function')
    const owned = duplicates(fds)
    const chunk = Buffer.from(buffer, byteOffset, byteLength)
    if (owned.length > 0) this.#unsent.set(chunk, owned)
    return this.write(chunk, error => {
      this.#drop(chunk) // it was not sent
      callback?.(error)
    })
  }

  protected override async receivePart(size: number): Promise<Buffer | null> {
    const { data, fds } = await receiveFds(this.socket, size, forever)
    if (this.destroyed) closeAll(fds)
    else if (fds.length > 0) this.#deliver(fds)
    return this.destroyed ? null : data
  }

  protected override async sendPart(bytes: Buffer): Promise<number> {
    const fds = this.#unsent.get(bytes)
    if (fds === undefined) return super.sendPart(bytes)
    const sent = await this.socket.sendFds(bytes, fds, 0, undefined, forever)
    this.#drop(bytes)
    return sent
  }

  /** Chunks with descriptors stay alone, so that these go with their own first byte. */
  protected override joined(chunks: Buffer[]): Buffer[] {
    if (this.#unsent.size === 0) return super.joined(chunks)
    const joined: Buffer[] = []
    let plain: Buffer[] = []
    for (const chunk of chunks) {
      if (!this.#unsent.has(chunk)) {
        plain.push(chunk)
        continue
      }
      joined.push(...super.joined(plain), chunk)
      plain = []
    }
    return [...joined, ...super.joined(plain)]
  }

  #deliver(fds: OwnedFd[]): void {
    try {
      if (!this.emit('fds', fds)) closeAll(fds)
    } catch (error) {
      uncaught(error) // the bytes are delivered nevertheless
    }
  }

  #drop(chunk: Buffer): void {
    const fds = this.#unsent.get(chunk)
    if (fds === undefined) return
    this.#unsent.delete(chunk)
    closeAll(fds)
  }
}
