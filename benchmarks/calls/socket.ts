// The calls on the synchronous Socket.
import { AF_UNIX, isSocketError, SO_RCVBUF, Socket, SOCK_STREAM, SOL_SOCKET } from 'bsd-sockets'
import { expect, printCalls } from './batches.js'

const [left, right] = Socket.pair(AF_UNIX, SOCK_STREAM)
const lost = new Socket(AF_UNIX, SOCK_STREAM)

function exchange(bytes: Uint8Array): void {
  expect(left.send(bytes), bytes.length)
  expect(right.recvInto(bytes), bytes.length)
}

const small = new Uint8Array(64)
const large = new Uint8Array(16384)

await printCalls({
  getsockopt: () => void left.getsockopt(SOL_SOCKET, SO_RCVBUF),
  'send + recv, 64 B': () => exchange(small),
  'send + recv, 16 KiB': () => exchange(large),
  'recv, EAGAIN': () => expect(left.tryRecvInto(small), null),
  'an error thrown': () => {
    try {
      lost.getpeername()
    } catch (error) {
      return expect(isSocketError(error), true)
    }
    throw new Error('it was not thrown')
  },
})
