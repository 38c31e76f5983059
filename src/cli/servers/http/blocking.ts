// One client at a time, in calls that block.
import { POLLIN } from '../../../constants.js'
import { isSocketError } from '../../../errors.js'
import { checkInterval } from '../../../http/service.js'
import type { Service } from '../../../http/service.js'
import { poll } from '../../../waiting/select.js'
import type { Socket } from '../../../sockets/socket.js'
import { Deadline } from '../../../waiting/wait.js'
import { HttpClient } from './client.js'
import { newService } from './settings.js'
import type { HttpSettings } from './settings.js'
import { patiently, release } from '../server.js'
import type { Server } from '../server.js'
import type { Stop } from '../stop.js'

// Waits until the client is ready or has to be checked. After a stop, which stays readable, it no longer watches that.
function rest({ socket, events }: HttpClient, stop: Stop, timeout: number): void {
  if (stop.asked) patiently(() => poll([[socket, events]], timeout))
  else stop.wait(socket, events, timeout)
}

/** Serves the client to its end. An idle client is closed if others wait at `listener`, unless that is null. */
export function serveClient(socket: Socket, service: Service, stop: Stop, listener: Socket | null): void {
  const client = new HttpClient(socket, service)
  let nextCheck = new Deadline(0)
  try {
    while (!client.gone) {
      const more = client.turn()
      if (nextCheck.left === 0 || stop.asked) {
        stop.wait(socket, 0, 0)
        service.stopping = stop.asked
        const othersWait = listener !== null && (patiently(() => poll([[listener, POLLIN]], 0))?.length ?? 0) > 0
        if (!more) client.session.check(performance.now(), othersWait)
        nextCheck = new Deadline(checkInterval)
      }
      if (!more && !client.gone) rest(client, stop, nextCheck.left)
    }
  } catch (error) {
    if (!isSocketError(error)) throw error // a lost client is no failure of the server
  }
  client.drop()
  release(socket)
}

export function serve(server: Server, settings: HttpSettings): void {
  const service = newService(settings)
  for (const client of server.clients()) {
    serveClient(client, service, server.stop, server.listener.closed ? null : server.listener)
  }
}
