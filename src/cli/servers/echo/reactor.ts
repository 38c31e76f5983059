// Handlers, called when a client has something to do: bsd-sockets/reactor keeps what the kernel does not take.
import { FIONREAD } from '../../../constants.js'
import { listen } from '../../../reactor/index.js'
import type { Connection } from '../../../reactor/index.js'
import * as sys from '../../../syscalls/index.js'
import { asked } from '../promises.js'
import type { Mode } from '../serve.js'
import { linger, warn } from '../server.js'

// Tells a client that no more will come, and waits a little for it to say so too.
function leave(connection: Connection): void {
  connection.end()
  const wait = (): unknown => setTimeout(connection.queued > 0 ? wait : () => connection.destroy(), linger).unref()
  wait()
}

function answer(connection: Connection, bytes: Buffer): void {
  if (!connection.write(bytes)) connection.pause() // who does not read is not read from
}

// After a stop: sends back what is `owed` of it, the bytes that had arrived by then.
function finish(connection: Connection, bytes: Buffer, owed: number): void {
  if (owed > 0) answer(connection, bytes.subarray(0, owed))
  connection.context = Math.max(0, owed - bytes.length)
  if (owed > 0 && connection.context === 0) leave(connection)
}

export const serve: Mode = async (listener, stop) => {
  const server = listen({
    fd: listener.detach(),
    data(connection, bytes) {
      if (connection.context === undefined) answer(connection, bytes)
      else finish(connection, bytes, connection.context as number)
    },
    drain: connection => connection.resume(),
    error: error => warn(error as Error),
  })
  await asked(stop)
  await server.stop({
    finish(connection) {
      connection.context = Math.max(0, sys.ioctl(connection.fd, FIONREAD))
      if (connection.context === 0) leave(connection)
    },
  })
}
