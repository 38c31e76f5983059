// Handlers that bsd-sockets/reactor calls; it also keeps the bytes that the kernel does not take.
import { FIONREAD } from '../../../constants.js'
import { listen } from '../../../reactor/index.js'
import type { Connection } from '../../../reactor/index.js'
import * as sys from '../../../syscalls/index.js'
import { asked } from '../promises.js'
import type { Mode } from '../serve.js'
import { linger, warn } from '../server.js'

// Tells a client that no more follows, and waits a short time for its end.
function leave(connection: Connection): void {
  connection.end()
  const wait = (): unknown => setTimeout(connection.queued > 0 ? wait : () => connection.destroy(), linger).unref()
  wait()
}

function answer(connection: Connection, bytes: Buffer): void {
  if (!connection.write(bytes)) connection.pause() // a client that does not read is not received from
}

// After a stop: sends back the `owed` bytes, those that had arrived before it.
function finish(connection: Connection, bytes: Buffer, owed: number): void {
  if (owed > 0) answer(connection, bytes.subarray(0, owed))
  connection.context = Math.max(0, owed - bytes.length)
  if (owed > 0 && connection.context === 0) leave(connection)
}

export const serve: Mode = async (listener, stop) => {
  const over = new AbortController() // the listener has failed
  let stopping = false
  using server = listen({
    fd: listener.detach(),
    data(connection, bytes) {
      if (connection.context === undefined) answer(connection, bytes)
      else finish(connection, bytes, connection.context as number)
    },
    drain: connection => connection.resume(),
    reset: connection => connection.destroy(), // nobody takes what it sent before
    error: error => (server.fd < 0 && !stopping ? over.abort(error) : warn(error as Error)),
  })
  await asked(stop, over.signal)
  stopping = true
  await server.stop({
    finish(connection) {
      connection.context = Math.max(0, sys.ioctl(connection.fd, FIONREAD))
      if (connection.context === 0) leave(connection)
    },
  })
  over.signal.throwIfAborted()
}
