// The restart of a server: its port is in use, though nobody uses it.
import { SO_REUSEADDR, Socket, SocketError, SOL_SOCKET } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'

function open(address: SocketAddress | [string, number], reuse: boolean): Socket {
  const listener = new Socket()
  try {
    if (reuse) listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
    listener.bind(address)
    listener.listen()
    return listener
  } catch (error) {
    listener.close()
    throw error
  }
}

/** Serves one client, and ends: the server closes first. Then starts again on the same port. */
function restart(reuse: boolean): string {
  const listener = open(['127.0.0.1', 0], reuse)
  const address = listener.getsockname()
  const client = new Socket()
  client.connect(address)
  const [connection] = listener.accept()
  connection.close() // the end that closes first keeps the connection for a while, in the state TIME_WAIT
  client.recv(1)
  client.close()
  listener.close()
  try {
    open(address, reuse).close()
    return 'started again'
  } catch (error) {
    if (!(error instanceof SocketError)) throw error
    return error.code
  }
}

console.log('mistake:', restart(false))
console.log('cure:', restart(true))
