// A send that takes a part of the bytes, and a sender that does not look.
import { Socket } from 'bsd-sockets/promises'
import { connection } from './connection.js'

const bytes = Buffer.alloc(2 ** 24, 'x')

/** Sends all, as the caller believes, and counts what arrives. */
async function arrived(send: (socket: Socket) => Promise<unknown>): Promise<string> {
  const [client, server] = connection().map(socket => Socket.fromFd(socket.detach()))
  const sending = send(client!).finally(() => client!.close())
  let count = 0
  for (let data = await server!.recv(2 ** 20); data.length > 0; data = await server!.recv(2 ** 20)) count += data.length
  server!.close()
  await sending
  return count === bytes.length ? 'all bytes have arrived' : 'only a part has arrived'
}

console.log('mistake:', await arrived(socket => socket.send(bytes))) // resolves with the number of bytes that were taken
console.log('cure:', await arrived(socket => socket.sendall(bytes)))
