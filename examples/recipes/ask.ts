// A script that asks a server a line and waits for the line that it answers: top to bottom, without promises. All of it
// together takes a given time at most.
import { parseArgs } from 'node:util'
import { SocketError } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets'
import type { HostAndPort, Socket } from 'bsd-sockets'

/** The first line that the server sends, without its end, of 64 KiB at most. */
function line(socket: Socket, deadline: number): string {
  let received = Buffer.alloc(0)
  for (let end = -1; end < 0; end = received.indexOf('\n')) {
    socket.settimeout(Math.max(1, deadline - performance.now())) // a timeout is for one call, not for all
    const data = socket.recv(4096)
    if (data.length === 0) throw new Error('the server closed the connection before the end of its answer')
    received = Buffer.concat([received, data])
    if (received.length > 65536) throw new Error('the answer is too long')
  }
  return received.toString('utf8', 0, received.indexOf('\n')).trimEnd()
}

/** Asks, and waits for the answer, `ms` milliseconds at most. */
function ask(where: HostAndPort, question: string, ms: number): string {
  const deadline = performance.now() + ms
  using socket = createConnection(where, { timeout: ms })
  socket.settimeout(Math.max(1, deadline - performance.now()))
  socket.sendall(`${question}\r\n`)
  return line(socket, deadline)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '6379' },
    timeout: { type: 'string', default: '2000' },
  },
})
if (values.help || positionals.length === 0) {
  console.log('usage: ask [--host 127.0.0.1] [--port 6379] [--timeout 2000] WORD...   for example PING, of a Redis')
  process.exit(values.help ? 0 : 2)
}
try {
  console.log(ask([values.host, Number(values.port)], positionals.join(' '), Number(values.timeout)))
} catch (error) {
  console.error((error as Error).message)
  if (error instanceof SocketError && error.hint !== undefined) console.error(error.hint)
  process.exitCode = 1
}
