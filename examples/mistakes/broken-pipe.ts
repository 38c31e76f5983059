// A client that goes away while the server answers, and takes the server with it.
import { ConnectionError } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'
import { connection } from './connection.js'

const answer = (socket: Socket): void => {
  for (let line = 0; line < 3; line++) socket.sendall(`line ${line}\n`)
}

/** Serves two clients, of which the first one closes at once. Is the second one served? */
function serve(one: (socket: Socket) => void): string {
  try {
    for (const rude of [true, false]) {
      const [client, server] = connection()
      if (rude) client.close()
      try {
        one(server)
      } finally {
        server.close()
        client.close()
      }
    }
    return 'the other client is served'
  } catch (error) {
    return `the server has ended by ${(error as Error).name}`
  }
}

function careful(socket: Socket): void {
  try {
    answer(socket)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error // EPIPE and ECONNRESET are the matter of this client alone
  }
}

console.log('mistake:', serve(answer))
console.log('cure:', serve(careful))
