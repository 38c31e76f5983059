// The C program, word for word: recvmmsg(2) and sendmmsg(2) on a socket that blocks.
import { AF_INET, MSG_WAITFORONE, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET } from 'bsd-sockets'
import { decodeAddress, encodeAddress } from 'bsd-sockets'
import { bind, getsockname, MessageBatch, recvmmsg, sendmmsg, setsockopt, socket } from 'bsd-sockets/syscalls'
import { listening } from './listening.js'

function check(result: number): number {
  if (result < 0) throw new Error(`errno ${-result}`)
  return result
}

const fd = check(socket(AF_INET, SOCK_DGRAM, 0))
check(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Int32Array([4 * 1024 * 1024])))
check(bind(fd, encodeAddress({ address: '127.0.0.1', port: 0 })))
const name = new Uint8Array(16)
check(getsockname(fd, name, new Uint32Array([name.length])))
listening(decodeAddress(name))
const batch = new MessageBatch(64, 65536, { nameSize: 16 })
for (;;) {
  const count = check(recvmmsg!(fd, batch, MSG_WAITFORONE!))
  for (let sent = 0; sent < count;) sent += check(sendmmsg!(fd, batch, 0, count - sent, sent))
}
