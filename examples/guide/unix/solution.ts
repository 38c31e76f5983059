// The exercise of the chapter on Unix sockets: the server tells each client its process.
import { AF_UNIX, ConnectionError, peerCredentials, Socket } from 'bsd-sockets'

const listener = new Socket(AF_UNIX)
listener.bind(process.argv[2] ?? '/tmp/who')
listener.listen()
console.log('listening')
for (;;) {
  const [connection] = listener.accept()
  try {
    connection.sendall(`${peerCredentials(connection).pid}\n`)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
  } finally {
    connection.close()
  }
}
