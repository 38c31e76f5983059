// A server that hands each client to a process, which inherits the descriptor.
import { spawn } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { AF_INET, AI_PASSIVE, getaddrinfo, gethostname, SOCK_STREAM, Socket } from 'bsd-sockets'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: gethostname() }, // `localhost`: this machine alone; '': any of its addresses
    port: { type: 'string', default: '80' },
    client: { type: 'boolean', default: false }, // this is a client's process
  },
})

if (values.client) echo(Socket.fromFd(3))
else await serve()

async function serve(): Promise<never> {
  const hints = { family: AF_INET, type: SOCK_STREAM, flags: AI_PASSIVE }
  const [found] = getaddrinfo(values.host || null, values.port, hints)
  const server = new Socket(AF_INET, SOCK_STREAM)
  server.bind(found!.address)
  server.listen(5)
  console.log('listening on', server.getsockname())
  for (;;) {
    const [client, address] = server.accept()
    console.log('client', address)
    // Sockets are close-on-exec: the child inherits only the one that is named here, as its descriptor 3.
    const stdio = ['ignore', 'inherit', 'inherit', client.fd] as const
    spawn(process.execPath, [import.meta.filename, '--client'], { stdio: [...stdio] })
    client.close() // else the connection would stay open when the child has closed its own
    await setImmediate() // accept holds this thread, and children that have ended are put away between two accepts
  }
}

function echo(client: Socket): void {
  for (let data = client.recv(2048); data.length > 0; data = client.recv(2048)) client.sendall(data)
  client.close()
}
