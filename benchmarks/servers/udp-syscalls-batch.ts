// The same as the C program: recvmmsg(2) and sendmmsg(2) on a blocking socket.
import { MSG_WAITFORONE } from 'bsd-sockets'
import { MessageBatch, recvmmsg, sendmmsg } from 'bsd-sockets/syscalls'
import { check, openUdp } from './udp-floor.js'

const fd = openUdp()
const batch = new MessageBatch(64, 65536, { nameSize: 16 })
for (;;) {
  const count = check(recvmmsg!(fd, batch, MSG_WAITFORONE!))
  for (let sent = 0; sent < count;) sent += check(sendmmsg!(fd, batch, 0, count - sent, sent))
}
