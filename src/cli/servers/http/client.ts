// A client of http in the modes without an event loop: a session's transport over a Socket.
import { POLLIN, POLLOUT, SHUT_WR, SO_LINGER, SOL_SOCKET } from '../../../constants.js'
import type { Service } from '../../../http/service.js'
import { Session } from '../../../http/session.js'
import type { Transport } from '../../../http/outlet.js'
import type { Socket } from '../../../sockets/socket.js'
import * as sys from '../../../syscalls/index.js'
import { roomFor } from '../../../syscalls/room.js'
import type { Client } from '../clients.js'

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
  #unsent: Buffer | null = null
  #ending = false

  constructor(socket: Socket, service: Service) {
    this.fd = socket.fd
    this.socket = socket
    this.session = new Session(service, this)
  }

  get sends(): boolean {
    return this.#unsent !== null
  }

  /** The events that it waits for. poll(2) */
  get events(): number {
    return this.sends ? POLLOUT : POLLIN
  }

  get queued(): number {
    return this.#unsent?.length ?? 0
  }

  write(bytes: Uint8Array): boolean {
    if (this.#unsent !== null) {
      this.#unsent = Buffer.concat([this.#unsent, bytes])
      return false
    }
    const sent = this.socket.trySend(bytes) ?? 0
    if (sent < bytes.length) this.#unsent = Buffer.from(bytes.subarray(sent))
    return !this.sends
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

  /** Sends unsent bytes, else receives and answers, once. Returns whether more may be possible now. */
  turn(): boolean {
    if (!this.#flush()) return false
    const count = this.socket.tryRecvInto(buffer)
    if (count === null) return false
    if (count === 0)
      this.gone = true // all is sent, and what is not asked for whole is asked for no more
    else this.session.receive(buffer.subarray(0, count))
    return !this.gone
  }

  #flush(): boolean {
    while (this.#unsent !== null) {
      const sent = this.socket.trySend(this.#unsent)
      if (sent === null) return false
      this.#unsent = sent < this.#unsent.length ? this.#unsent.subarray(sent) : null
      if (this.#unsent !== null) continue
      if (this.#ending) sys.shutdown(this.fd, SHUT_WR)
      else this.session.drained()
    }
    return true
  }
}
