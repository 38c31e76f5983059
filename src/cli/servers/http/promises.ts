// A task for each client: what would block is awaited.
import { constants } from 'node:os'
import { SHUT_WR, SO_LINGER, SOL_SOCKET } from '../../../constants.js'
import type { OwnedFd } from '../../../descriptors/owned-fd.js'
import { isSocketError, socketError } from '../../../errors.js'
import { checkInterval } from '../../../http/service.js'
import type { Service } from '../../../http/service.js'
import { Session } from '../../../http/session.js'
import type { Transport } from '../../../http/outlet.js'
import type { Socket } from '../../../promises/index.js'
import { onAbort } from '../../../promises/on-abort.js'
import * as sys from '../../../syscalls/index.js'
import { newService } from './settings.js'
import type { HttpSettings } from './settings.js'
import { inTasks } from '../promises.js'
import { release } from '../server.js'
import type { Mode } from '../serve.js'

const piece = 1024 * 1024 // of a file, in bytes

/** A session's transport over a Socket of promises. */
class HttpTask implements Transport {
  readonly session: Session
  queued = 0
  /** False: no answer is under way between two calls, since the applications here answer at once. */
  readonly peerEnded = false
  readonly #socket: Socket
  #resume: (() => void) | undefined
  #paused: Promise<void> | undefined
  #ending = false
  #sending: Promise<void> | undefined // the last send, which follows those before

  constructor(socket: Socket, service: Service) {
    this.#socket = socket
    this.session = new Session(service, this)
  }

  /** Receives and answers until the client ends and has got its answers, or the socket is closed. */
  async run(): Promise<void> {
    for (;;) {
      await this.#paused
      if (this.#socket.closed) return
      const bytes = await this.#socket.recv(65536)
      if (bytes.length === 0) break
      this.session.receive(bytes)
    }
    while (this.queued > 0 && !this.#socket.closed) await this.#sending
  }

  /** At a stop: receives and answers what has arrived so far; an idle client is closed after that. */
  receiveNow(): void {
    while (this.#paused === undefined && !this.#socket.closed) {
      const bytes = this.#socket.tryRecv(65536)
      if (bytes === null || bytes.length === 0) return
      this.session.receive(bytes)
    }
  }

  write(bytes: Uint8Array): boolean {
    const sent = this.queued > 0 ? 0 : (this.#socket.trySend(bytes) ?? 0)
    if (sent === bytes.length) return true
    const rest = Buffer.from(bytes.subarray(sent))
    this.queued += rest.length
    this.#sending = this.#socket.sendall(rest).then(
      () => this.#sent(rest.length),
      () => this.destroy(),
    )
    return false
  }

  sendfile(file: OwnedFd, offset: number, count: number): boolean {
    this.queued += count
    this.#sending = this.#sendFile(file, offset, count).then(
      () => this.#sent(0),
      () => this.destroy(),
    )
    return false
  }

  // In pieces: a client that takes some bytes now and then is not taken for one that takes none.
  async #sendFile(file: OwnedFd, offset: number, count: number): Promise<void> {
    using owned = file
    for (let at = offset; at < offset + count;) {
      const sent = await this.#socket.sendfile(owned, at, Math.min(piece, offset + count - at))
      if (sent === 0) throw socketError(constants.errno.EIO, 'sendfile', { fd: this.#socket.fd }) // the file is shorter now
      at += sent
      this.queued -= sent
    }
  }

  end(): void {
    this.#ending = true
    if (this.queued === 0) sys.shutdown(this.#socket.fd, SHUT_WR) // its error is ignored: the client may be gone
  }

  destroy(): void {
    release(this.#socket)
    this.resume() // so that the task ends
  }

  reset(): void {
    sys.setsockopt(this.#socket.fd, SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
    this.destroy()
  }

  pause(): void {
    this.#paused ??= new Promise(resolve => (this.#resume = resolve))
  }

  resume(): void {
    this.#paused = undefined
    this.#resume?.()
  }

  #sent(count: number): void {
    this.queued -= count
    if (this.queued > 0 || this.#socket.closed) return
    if (this.#ending) this.end()
    else this.session.drained()
  }
}

/** Serves by tasks. */
export function serveByTasks(settings: HttpSettings): Mode {
  const service = newService(settings)

  async function serveClient(socket: Socket, stop: AbortSignal): Promise<void> {
    const task = new HttpTask(socket, service)
    const check = (): void => task.session.check(performance.now())
    const checks = setInterval(check, checkInterval)
    const leave = (): void => {
      service.stopping = true
      try {
        task.receiveNow()
      } catch {
        return // the task sees it too
      }
      check()
    }
    let forget = (): void => undefined
    try {
      if (stop.aborted) leave()
      else forget = onAbort(stop, leave)
      await task.run()
    } catch (error) {
      if (!isSocketError(error)) throw error // a lost client is no failure of the server
    } finally {
      clearInterval(checks)
      forget()
      release(socket)
    }
  }

  return inTasks(serveClient, settings.connections)
}
