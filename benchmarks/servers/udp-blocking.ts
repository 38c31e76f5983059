import { Socket, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, AF_INET } from 'bsd-sockets'
import { listening } from './listening.js'

const socket = new Socket(AF_INET, SOCK_DGRAM)
socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 * 1024 * 1024)
socket.bind(['127.0.0.1', 0])
listening(socket.getsockname())
const buffer = new Uint8Array(65536)
for (;;) {
  const [count, address] = socket.recvfromInto(buffer)
  socket.sendto(buffer.subarray(0, count), address)
}
