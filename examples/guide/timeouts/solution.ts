// The exercise of the chapter on timeouts: a client that does not wait for ever.
import { createConnection, TimeoutError } from 'bsd-sockets'

const socket = createConnection(['127.0.0.1', Number(process.argv[2])], { timeout: 1000 })
socket.settimeout(300)
try {
  const data = socket.recv(1024)
  console.log(data.length === 0 ? 'end' : data.toString())
} catch (error) {
  if (!(error instanceof TimeoutError)) throw error
  console.log('late')
} finally {
  socket.close()
}
