// In one thread of threads.ts.
import { Socket } from '../../sockets/socket.js'
import { serveTasks } from '../../thread.js'
import { Stop } from './stop.js'
import type { ClientTask } from './threads.js'

/** Serves clients, one at a time. `serve` closes the client. */
export function serveEach<Settings>(serve: (client: Socket, stop: Stop, settings: Settings) => void): void {
  serveTasks<ClientTask>(({ stop, settings }, fd) => serve(Socket.fromFd(fd), new Stop(stop), settings as Settings))
}
