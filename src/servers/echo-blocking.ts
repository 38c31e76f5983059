// One client at a time: the calls do the waiting.
import { FIONREAD, POLLIN, SHUT_WR } from '../constants.js'
import { isSocketError } from '../errors.js'
import { poll } from '../select.js'
import type { Socket } from '../socket.js'
import * as sys from '../syscalls.js'
import { Deadline } from '../wait.js'
import { linger } from './server.js'
import type { Server } from './server.js'
import type { Stop } from './stop.js'

/** What to receive into. */
export const newBuffer = (): Buffer => Buffer.allocUnsafeSlow(64 * 1024)

// Receives what has come, at most `size` bytes, and sends it back. Returns how many, or 0 if the client has ended.
function echo(client: Socket, buffer: Buffer, size = buffer.length): number {
  try {
    const count = client.recvInto(buffer.subarray(0, size))
    client.sendall(buffer.subarray(0, count))
    return count
  } catch (error) {
    if (isSocketError(error)) return 0
    throw error
  }
}

/** Serves a client until it ends, or until a stop is asked for, which returns false. */
export function serveClient(client: Socket, stop: Stop, buffer: Buffer): boolean {
  while (!stop.asked) {
    // recv(2) alone would sleep through a stop.
    if (stop.wait(client, POLLIN) && echo(client, buffer) === 0) return true
  }
  return false
}

/** Sends back what has arrived by now, says that no more will come, and waits a little for the client to say so too. */
export function finish(client: Socket, buffer: Buffer): void {
  for (let arrived = sys.ioctl(client.fd, FIONREAD); arrived > 0;) {
    const count = echo(client, buffer, Math.min(arrived, buffer.length))
    if (count === 0) return
    arrived -= count
  }
  sys.shutdown(client.fd, SHUT_WR)
  for (const deadline = new Deadline(linger); deadline.left > 0;) {
    if (poll([client], deadline.left).length > 0 && sys.recv(client.fd, buffer, 0) <= 0) return
  }
}

export function serve(server: Server): void {
  const buffer = newBuffer()
  for (const client of server.clients()) {
    if (!serveClient(client, server.stop, buffer)) {
      server.listener.close()
      finish(client, buffer)
    }
    client.close()
  }
  server.listener.close()
}
