// The clients of echo.
import { FIONREAD, SHUT_WR } from '../../../constants.js'
import type { Socket } from '../../../sockets/socket.js'
import * as sys from '../../../syscalls/index.js'
import { roomFor } from '../../../syscalls/room.js'
import { Deadline } from '../../../waiting/wait.js'
import { Clients } from '../clients.js'
import type { Client } from '../clients.js'
import { linger } from '../server.js'
import type { Server } from '../server.js'

// One for all clients: it is empty before the next client is served.
const buffer = roomFor(256 * 1024)

/**
 * A client has two states. Usually `unsent` is null: bytes are received and sent back at once. Bytes that the kernel does not
 * take are kept in `unsent`, and nothing more is received until all of them are sent. So a client that does not read only slows
 * itself down, and needs one buffer at most.
 */
class EchoClient implements Client {
  readonly fd: number
  readonly socket: Socket
  unsent: Buffer | null = null
  /** After a stop: the number of its bytes that are still to be received. */
  awaited = 0
  /** After a stop: it has got everything back, and what it still sends is dropped. */
  leaving = false

  constructor(socket: Socket) {
    this.fd = socket.fd
    this.socket = socket
  }

  get sends(): boolean {
    return this.unsent !== null
  }

  /** Sends `bytes` and keeps what the kernel does not take. */
  answer(bytes: Buffer): void {
    const sent = this.socket.trySend(bytes) ?? 0
    if (sent < bytes.length) this.unsent = Buffer.from(bytes.subarray(sent))
  }

  /** Sends the unsent bytes. Returns whether all were sent. */
  flush(): boolean {
    while (this.unsent !== null) {
      const sent = this.socket.trySend(this.unsent)
      if (sent === null) return false
      this.unsent = sent < this.unsent.length ? this.unsent.subarray(sent) : null
    }
    return true
  }
}

class EchoClients extends Clients<EchoClient> {
  #leaving = 0
  #leave: Deadline | null = null

  protected get patience(): number | null {
    return this.#leave?.left ?? null
  }

  /** At a stop: each connected client gets back what has arrived so far. */
  remain(): boolean {
    if (!this.server.stop.asked) return true
    if (!this.stopping) this.stop()
    if (this.draining || this.size > this.#leaving) return true
    this.#leave ??= new Deadline(linger)
    return this.size > 0 && this.#leave.left > 0
  }

  override close(client: EchoClient): void {
    if (client.leaving) this.#leaving--
    super.close(client)
  }

  protected join(socket: Socket): EchoClient {
    return new EchoClient(socket)
  }

  protected serveOnce(client: EchoClient): boolean {
    if (!client.flush()) return false
    this.#leaveIfEven(client)
    const count = client.socket.tryRecvInto(this.#room(client))
    if (count === null) return false
    if (count === 0) {
      this.close(client) // nothing is unsent here: it has got everything back
      return false
    }
    if (client.leaving) return true
    client.answer(buffer.subarray(0, count))
    if (this.stopping) client.awaited -= count
    this.#leaveIfEven(client)
    return true
  }

  #room(client: EchoClient): Buffer {
    return this.stopping && !client.leaving ? buffer.subarray(0, client.awaited) : buffer
  }

  // Fixes what the client still gets back: the bytes that have arrived so far.
  protected leave(client: EchoClient): void {
    client.awaited = Math.max(0, sys.ioctl(client.fd, FIONREAD))
    this.#leaveIfEven(client)
  }

  // After a stop: tells a client that has got everything back that no more follows.
  #leaveIfEven(client: EchoClient): void {
    if (!this.stopping || client.leaving || client.awaited > 0 || client.unsent !== null) return
    client.leaving = true
    this.#leaving++
    sys.shutdown(client.fd, SHUT_WR)
  }
}

export const open = (server: Server): Clients<Client> => new EchoClients(server)
