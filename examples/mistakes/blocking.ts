// A call that blocks holds the thread, and with it timers and all other clients.
import { TimeoutError } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { connection } from './connection.js'

/** Waits 200 ms for a client that says nothing. Does a timer of 10 ms run in the meantime? */
async function meanwhile(wait: () => unknown): Promise<string> {
  let ticks = 0
  const timer = setInterval(() => ticks++, 10)
  try {
    await wait()
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
  }
  clearInterval(timer)
  return ticks === 0 ? 'the event loop stands still' : 'timers go on'
}

const [client, blocking] = connection()
blocking.settimeout(200)
console.log('mistake:', await meanwhile(() => blocking.recv(1024)))

const socket = Socket.fromFd(blocking.detach())
console.log('cure:', await meanwhile(() => socket.recv(1024, { timeout: 200 })))
socket.close()
client.close()
