// The C program, word for word: recvfrom(2) and sendto(2) on a socket that blocks.
import { AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET } from 'bsd-sockets'
import { decodeAddress, encodeAddress } from 'bsd-sockets'
import { bind, getsockname, recvfrom, sendto, setsockopt, socket } from 'bsd-sockets/syscalls'
import { listening } from './listening.js'

function check(result: number): number {
  if (result < 0) throw new Error(`errno ${-result}`)
  return result
}

const fd = check(socket(AF_INET, SOCK_DGRAM, 0))
check(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Int32Array([4 * 1024 * 1024])))
check(bind(fd, encodeAddress({ address: '127.0.0.1', port: 0 })))
const name = new Uint8Array(16)
const length = new Uint32Array([name.length])
check(getsockname(fd, name, length))
listening(decodeAddress(name))
const buffer = new Uint8Array(65536)
for (;;) {
  length[0] = name.length
  const count = check(recvfrom(fd, buffer, 0, name, length))
  check(sendto(fd, buffer.subarray(0, count), 0, name))
}
