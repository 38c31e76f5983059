// Four answers to a call that would wait: for ever, for a time, not at all, or until somebody ends it.
import { AF_UNIX, BlockingIOError, Socket, TimeoutError } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'

const [left, right] = Socket.pair(AF_UNIX)

left.settimeout(50) // milliseconds
try {
  left.recv(100)
} catch (error) {
  if (!(error instanceof TimeoutError)) throw error
  console.log('after 50 ms:', error.code)
}

left.setblocking(false) // the same as settimeout(0)
try {
  left.recv(100)
} catch (error) {
  if (!(error instanceof BlockingIOError)) throw error
  console.log('at once:', error.code)
}

right.sendall('here')
console.log('there is something:', left.recv(100).toString())

const later = AsyncSocket.fromFd(left.detach())
const controller = new AbortController()
setTimeout(() => controller.abort(), 50)
try {
  await later.recv(100, { signal: controller.signal })
} catch (error) {
  console.log('a waiter that is ended:', (error as Error).name)
}
right.sendall('late')
console.log('it can go on:', (await later.recv(100)).toString())
later.close()
right.close()
