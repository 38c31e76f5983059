// One client at a time, in calls that block.
import { FIONREAD, POLLIN, SHUT_WR } from '../../../constants.js'
import { isSocketError } from '../../../errors.js'
import { poll } from '../../../waiting/select.js'
import type { Socket } from '../../../sockets/socket.js'
import * as sys from '../../../syscalls/index.js'
import { roomFor } from '../../../syscalls/room.js'
import { Deadline } from '../../../waiting/wait.js'
import { linger, patiently, release } from '../server.js'
import type { Server } from '../server.js'
import type { Stop } from '../stop.js'

// The room to receive into, and its part that was received last: often the next receive has the same size.
const buffer = roomFor(256 * 1024)
let latest = buffer

// Receives bytes, as many as there is room for, and sends them back. Returns their number; 0 if the client has ended.
function echo(client: Socket, room = buffer): number {
  try {
    const count = client.recvInto(room)
    if (latest.length !== count) latest = buffer.subarray(0, count)
    client.sendall(latest)
    return count
  } catch (error) {
    if (isSocketError(error)) return 0
    throw error
  }
}

/** Serves a client until it ends. Returns false if a stop is requested before. */
export function serveClient(client: Socket, stop: Stop): boolean {
  while (!stop.asked) {
    // recv(2) alone would not return for a stop.
    if (stop.wait(client, POLLIN) && echo(client) === 0) return true
  }
  return false
}

// Sends back the bytes received so far, and tells the client that no more follows.
function finish(client: Socket): void {
  for (let arrived = sys.ioctl(client.fd, FIONREAD); arrived > 0;) {
    const count = echo(client, buffer.subarray(0, arrived))
    if (count === 0) return
    arrived -= count
  }
  sys.shutdown(client.fd, SHUT_WR)
}

/** After a stop: finishes the clients, and waits a short time until they stop sending too. */
export function leave(clients: readonly Socket[]): void {
  const left = new Set(clients)
  clients.forEach(finish)
  for (const deadline = new Deadline(linger); left.size > 0 && deadline.left > 0;) {
    for (const [client] of patiently(() => poll(left, deadline.left)) ?? []) {
      if (sys.recv(client.fd, buffer, 0) <= 0) left.delete(client)
    }
  }
  clients.forEach(release)
}

export function serve(server: Server): void {
  const unfinished = []
  for (const client of server.clients()) {
    if (serveClient(client, server.stop)) release(client)
    else unfinished.push(client)
  }
  leave(unfinished)
}
