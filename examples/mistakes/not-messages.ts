// Two sends are received by one recv: a stream of bytes has no messages.
import { recvExactly } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'
import { connection } from './connection.js'

/** Sends two messages, and receives two. */
function received(send: (socket: Socket, text: string) => void, receive: (socket: Socket) => string): string {
  const [client, server] = connection()
  for (const text of ['pay 10', '00 to Eve']) send(client, text)
  client.close()
  const messages = [receive(server), receive(server)]
  server.close()
  return JSON.stringify(messages)
}

function sendMessage(socket: Socket, text: string): void {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(text))
  socket.sendall(Buffer.concat([length, Buffer.from(text)]))
}

function receiveMessage(socket: Socket): string {
  const length = recvExactly(socket, 4).readUInt32BE()
  if (length > 65_536) throw new Error('message too long') // a peer can claim any length
  return recvExactly(socket, length).toString()
}

const recv = (socket: Socket): string => socket.recv(1024).toString()

console.log(
  'mistake:',
  received((socket, text) => socket.sendall(text), recv),
)
console.log('cure:', received(sendMessage, receiveMessage))
