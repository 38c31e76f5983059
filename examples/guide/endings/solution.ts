// The exercise of the chapter on endings: the server counts the bytes of a request, up to its end.
import { ConnectionError, createServer } from 'bsd-sockets'

const listener = createServer(['127.0.0.1', Number(process.argv[2] ?? 0)])
console.log('listening on', listener.getsockname())
for (;;) {
  const [connection] = listener.accept()
  try {
    let length = 0
    for (let data = connection.recv(65_536); data.length > 0; data = connection.recv(65_536)) length += data.length
    connection.sendall(`${length}\n`)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
  } finally {
    connection.close()
  }
}
