// Both ends wait for each other: the client does not say that its request is complete.
import { SHUT_WR, TimeoutError } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { connection } from './connection.js'

/** Answers when it has received the whole request, up to its end. */
async function serve(socket: Socket): Promise<void> {
  let length = 0
  for (let data = await socket.recv(1024); data.length > 0; data = await socket.recv(1024)) length += data.length
  await socket.sendall(`received ${length} bytes`)
}

async function answer(request: (socket: Socket) => Promise<void>): Promise<string> {
  const [client, server] = connection().map(socket => Socket.fromFd(socket.detach())) as [Socket, Socket]
  const serving = serve(server).finally(() => server.close())
  try {
    await request(client)
    return String(await client.recv(1024, { timeout: 200 }))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    return 'both wait'
  } finally {
    client.close()
    await serving
  }
}

async function send(socket: Socket): Promise<void> {
  await socket.sendall('a request')
}

async function sendAndEnd(socket: Socket): Promise<void> {
  await socket.sendall('a request')
  socket.shutdown(SHUT_WR) // nothing more comes from here; receiving goes on
}

console.log('mistake:', await answer(send))
console.log('cure:', await answer(sendAndEnd))
