// The calls on the floor of system calls.
import { constants } from 'node:os'
import { AF_UNIX, MSG_DONTWAIT, SO_RCVBUF, SOCK_STREAM, SOL_SOCKET } from 'bsd-sockets'
import { getsockopt, htons, recv, send, socketpair } from 'bsd-sockets/syscalls'
import { expect, printCalls } from './batches.js'

const pair = new Int32Array(2)
expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0)
const [left = -1, right = -1] = pair
const value = new Int32Array(1)
const length = new Uint32Array(1)

function exchange(bytes: Uint8Array): void {
  expect(send(left, bytes, 0), bytes.length)
  expect(recv(right, bytes, 0), bytes.length)
}

const small = new Uint8Array(64)
const large = new Uint8Array(16384)

await printCalls({
  'no system call (htons)': () => expect(htons(1), 256),
  getsockopt: () => {
    length[0] = 4
    expect(getsockopt(left, SOL_SOCKET, SO_RCVBUF, value, length), 0)
  },
  'send + recv, 64 B': () => exchange(small),
  'send + recv, 16 KiB': () => exchange(large),
  'recv, EAGAIN': () => expect(recv(left, small, MSG_DONTWAIT), -constants.errno.EAGAIN),
  'an error thrown': () => {
    try {
      recv(left, null as unknown as Uint8Array, 0)
    } catch {
      return
    }
    throw new Error('it was not thrown')
  },
})
