// The first of two processes sends an open file, a listening socket and one end of a connection to the second, which uses
// them. The second process does not know the file's name or the port. unix(7), SCM_RIGHTS
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createServer, Socket } from 'bsd-sockets'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h', default: false }, port: { type: 'string', default: '0' } },
})
if (values.help) {
  console.log(
    'usage: pass-descriptors [--port 0]\n\nPasses a file, a TCP listener and a Unix socket to a second process.',
  )
  process.exit()
}

/** The second process. It inherits only descriptor 3. */
function receiver(): void {
  const channel = Socket.fromFd(3)
  for (;;) {
    // The received descriptors are open. An object closes its descriptor when it is collected, unless detach() is called.
    const { data, fds } = channel.recvFds(64, 1)
    const [owned] = fds
    if (owned === undefined) break // the first process has closed its end
    switch (data.toString()) {
      case 'file': {
        const room = Buffer.alloc(256)
        const start = room.toString('utf8', 0, readSync(owned.fd, room))
        console.log(`second: the file is descriptor ${owned.fd} here, and begins with "${start.slice(0, 18)}"`)
        owned.close()
        break
      }
      case 'listener': {
        const [connection, address] = Socket.fromFd(owned.detach()).accept()
        console.log('second: accepted a connection from', address)
        connection.sendall('hello from the process that accepted you')
        connection.close()
        break
      }
      case 'socket': {
        const socket = Socket.fromFd(owned.detach())
        socket.sendall('hello from the process that was given this end')
        socket.close()
      }
    }
  }
}

async function sender(): Promise<void> {
  const [channel, theirs] = Socket.pair()
  const program = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, [program, 'receiver'], { stdio: ['ignore', 'inherit', 'inherit', theirs.fd] })
  const ended = once(child, 'close')
  theirs.close()

  const file = openSync(program, 'r')
  console.log(`first: the file is descriptor ${file} here`)
  channel.sendFds('file', [file])
  closeSync(file) // the other process has one of its own

  const listener = createServer(['127.0.0.1', Number(values.port)])
  const client = new Socket()
  client.connect(listener.getsockname()) // it waits in the listener, and goes over with it
  channel.sendFds('listener', [listener])
  listener.close()
  console.log(`first: a client got "${client.recv(256).toString()}"`)
  client.close()

  const [here, there] = Socket.pair()
  channel.sendFds('socket', [there])
  there.close()
  console.log(`first: the other end said "${here.recv(256).toString()}"`)
  here.close()

  channel.close()
  await ended
}

if (positionals[0] === 'receiver') receiver()
else await sender()
