// The same calls by koffi, a foreign function interface: prototypes are strings; nothing is checked.
import { constants } from 'node:os'
import { AF_UNIX, MSG_DONTWAIT, SO_RCVBUF, SOCK_STREAM, SOL_SOCKET } from 'bsd-sockets'
import { requireTool } from '../machine.js'
import { expect, printCalls } from './batches.js'

interface Koffi {
  load(library: string): { func(prototype: string): (...args: unknown[]) => number }
  errno(): number
}

const koffi = requireTool('koffi') as Koffi
const libc = koffi.load('libc.so.6')
const getppid = libc.func('int getppid()')
const htons = libc.func('uint16_t htons(uint16_t)')
const socketpair = libc.func('int socketpair(int, int, int, void *)')
const getsockopt = libc.func('int getsockopt(int, int, int, void *, void *)')
const send = libc.func('long send(int, void *, size_t, int)')
const recv = libc.func('long recv(int, void *, size_t, int)')

const pair = new Int32Array(2)
expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0)
const [left, right] = pair
const value = new Int32Array(1)
const length = new Uint32Array(1)

function exchange(bytes: Uint8Array): void {
  expect(send(left, bytes, bytes.length, 0), bytes.length)
  expect(recv(right, bytes, bytes.length, 0), bytes.length)
}

const small = new Uint8Array(64)
const large = new Uint8Array(16384)

await printCalls({
  getppid: () => expect(getppid(), process.ppid),
  'no system call (htons)': () => expect(htons(1), 256),
  getsockopt: () => {
    length[0] = 4
    expect(getsockopt(left, SOL_SOCKET, SO_RCVBUF, value, length), 0)
  },
  'send + recv, 64 B': () => exchange(small),
  'send + recv, 16 KiB': () => exchange(large),
  'recv, EAGAIN': () => {
    expect(recv(left, small, small.length, MSG_DONTWAIT), -1)
    expect(koffi.errno(), constants.errno.EAGAIN)
  },
})
