// The same as the C program: recvfrom(2) and sendto(2) on a blocking socket.
import { recvfrom, sendto } from 'bsd-sockets/syscalls'
import { check, openUdp } from './udp-floor.js'

const fd = openUdp()
const name = new Uint8Array(16)
const length = new Uint32Array(1)
const buffer = new Uint8Array(65536)
for (;;) {
  length[0] = name.length
  const count = check(recvfrom(fd, buffer, 0, name, length))
  check(sendto(fd, buffer.subarray(0, count), 0, name))
}
