// What each mistake begins with.
import { Socket } from 'bsd-sockets'

/** Listens on a free port of this machine. */
export function listening(): Socket {
  const listener = new Socket()
  listener.bind(['127.0.0.1', 0])
  listener.listen()
  return listener
}

/** Both ends of one connection over TCP. */
export function connection(): [client: Socket, server: Socket] {
  const listener = listening()
  const client = new Socket()
  client.connect(listener.getsockname())
  const [server] = listener.accept()
  listener.close()
  return [client, server]
}
