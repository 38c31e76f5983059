// A web server that is replaced while it serves. The new process gets the listening socket from the old one, which ends
// when it has answered the connections that it accepted. The socket is never closed, so no client is refused. unix(7)
import { rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { parseArgs } from 'node:util'
import { AF_UNIX, ConnectionRefusedError, SocketError } from 'bsd-sockets'
import { createServer, Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'

const { values } = parseArgs({
  options: {
    control: { type: 'string', default: 'restart.sock' },
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '9994' },
  },
})
if (values.help) {
  console.log(
    'usage: restart [--port 9994] [--control restart.sock]\n\nStart it twice: the second takes over from the first.',
  )
  process.exit()
}

/** A connection to the process that serves now; undefined if there is none. */
async function predecessor(): Promise<Socket | undefined> {
  const channel = new Socket(AF_UNIX)
  try {
    await channel.connect(values.control)
    return channel
  } catch (error) {
    channel.close()
    if (error instanceof ConnectionRefusedError)
      rmSync(values.control) // left by one that was killed
    else if (!(error instanceof SocketError && error.code === 'ENOENT')) throw error
    return undefined
  }
}

async function given(channel: Socket): Promise<Socket> {
  const { fds } = await channel.recvFds(1, 1)
  return Socket.fromFd(fds[0]!.detach())
}

// Not server.listen(): its close() would end connections that have not sent a request yet.
async function accept(): Promise<void> {
  for await (const [client] of listener.connections()) {
    try {
      server.emit('connection', toDuplex(client))
    } catch (error) {
      client.close()
      if (!(error instanceof SocketError)) throw error // the client has gone before it was accepted
    }
  }
}

const old = await predecessor()
const listener = old === undefined ? await createServer(['127.0.0.1', Number(values.port)]) : await given(old)
let leaving = false
const server = createHttpServer((_, response) => {
  if (leaving) response.setHeader('connection', 'close')
  response.end(`served by ${process.pid}\n`)
})
void accept()

if (old !== undefined) {
  await old.send('r') // ready
  await old.recv(1) // the end: the control socket's name is free
  old.close()
}

// From now on this process hands over to the next. Both accept until the next is ready; if it fails, this one continues.
const control = new Socket(AF_UNIX)
control.bind(values.control)
control.listen()
const { address, port } = listener.getsockname() as { address: string; port: number }
console.log(`listening on ${address}:${port}`)
for await (const [successor] of control.connections()) {
  await successor.sendFds('l', [listener])
  const ready = (await successor.recv(1)).length > 0
  if (ready) {
    leaving = true
    rmSync(values.control)
    control.close()
    listener.close() // here; what was accepted is answered
    console.log('leaving')
  }
  successor.close()
}
