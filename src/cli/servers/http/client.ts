// A client of http in the modes without an event loop: a session's transport over a Socket.
import { constants } from 'node:os'
import { POLLIN, POLLOUT, SHUT_WR, SO_LINGER, SOL_SOCKET } from '../../../constants.js'
import type { OwnedFd } from '../../../descriptors/owned-fd.js'
import { socketError } from '../../../errors.js'
import type { Service } from '../../../http/service.js'
import { Session } from '../../../http/session.js'
import type { Transport } from '../../../http/outlet.js'
import { SendQueue, TURN } from '../../../reactor/send-queue.js'
import type { Socket } from '../../../sockets/socket.js'
import * as sys from '../../../syscalls/index.js'
import { roomFor } from '../../../syscalls/room.js'
import type { Client } from '../clients.js'

const { EAGAIN } = constants.errno

// One for all clients: it is empty before the next client is served. With less, both ends of a large body would wait for each other.
const buffer = roomFor(256 * 1024)

/** Its unsent bytes are bounded: while there are any, nothing more is received and answered. */
export class HttpClient implements Client, Transport {
  readonly fd: number
  readonly socket: Socket
  readonly session: Session
  /** Whether the socket only has to be closed. */
  gone = false
  /** False: no answer is under way between two calls, since the applications here answer at once. */
  readonly peerEnded = false
  #queue: SendQueue | undefined // what the kernel has not taken yet
  #ending = false

  constructor(socket: Socket, service: Service) {
    this.fd = socket.fd
    this.socket = socket
    this.session = new Session(service, this)
  }

  get sends(): boolean {
    return this.#queue !== undefined
  }

  /** The events that it waits for. poll(2) */
  get events(): number {
    return this.sends ? POLLOUT : POLLIN
  }

  get queued(): number {
    return this.#queue?.bytes ?? 0
  }

  write(bytes: Uint8Array): boolean {
    const sent = this.sends ? 0 : (this.socket.trySend(bytes) ?? 0)
    if (sent === bytes.length) return true
    this.#queue ??= new SendQueue()
    this.#queue.push(bytes, sent)
    return false
  }

  /** The next turn sends it. */
  sendfile(file: OwnedFd, offset: number, count: number): boolean {
    this.#queue ??= new SendQueue()
    this.#queue.pushFile(file, offset, count)
    return false
  }

  /** Closes the files that are not sent. To be called before the socket is closed. */
  drop(): void {
    this.#queue?.drop()
  }

  end(): void {
    this.#ending = true
    if (!this.sends) sys.shutdown(this.fd, SHUT_WR)
  }

  destroy(): void {
    this.gone = true
  }

  reset(): void {
    sys.setsockopt(this.fd, SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
    this.gone = true
  }

  pause(): void {
    // Nothing is received while something is unsent, and the applications here answer at once.
  }

  resume(): void {
    // See `pause`.
  }

  /** Sends what is queued, else receives and answers, once. Returns whether more may be possible now. */
  turn(): boolean {
    const result = this.#flush()
    if (result !== 0) return result === TURN
    const count = this.socket.tryRecvInto(buffer)
    if (count === null) return false
    if (count === 0)
      this.gone = true // all is sent, and what is not asked for whole is asked for no more
    else this.session.receive(buffer.subarray(0, count))
    return !this.gone
  }

  // Returns 0 when nothing is queued; else TURN or −EAGAIN.
  #flush(): number {
    while (this.#queue !== undefined) {
      const result = this.#queue.flush(this.fd)
      if (result === TURN || result === -EAGAIN) return result
      if (result < 0) throw socketError(result, this.#queue.syscall, { fd: this.fd })
      this.#queue = undefined
      if (this.#ending) sys.shutdown(this.fd, SHUT_WR)
      else this.session.drained()
    }
    return 0
  }
}
