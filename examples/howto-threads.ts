// A server that hands each client to a thread. The main thread only accepts, and a worker serves the client.
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { AF_INET, AI_PASSIVE, getaddrinfo, gethostname, SOCK_STREAM, Socket } from 'bsd-sockets'

if (isMainThread) await serve()
else echo(Socket.fromFd(workerData as number))

async function serve(): Promise<never> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: gethostname() }, // `localhost`: this machine alone; '': any of its addresses
      port: { type: 'string', default: '80' },
    },
  })
  const hints = { family: AF_INET, type: SOCK_STREAM, flags: AI_PASSIVE }
  const [found] = getaddrinfo(values.host || null, values.port, hints)
  const server = new Socket(AF_INET, SOCK_STREAM)
  server.bind(found!.address)
  server.listen(5)
  console.log('listening on', server.getsockname())
  for (;;) {
    const [client, address] = server.accept()
    console.log('client', address)
    // A Socket belongs to one thread. Its descriptor can be given to another thread, which must then close it.
    const worker = new Worker(new URL(import.meta.url), { workerData: client.detach() })
    worker.on('error', error => console.log(error.message)) // a client that breaks off ends its own thread only
    await setImmediate() // accept holds this thread, and workers that have ended are put away between two accepts
  }
}

function echo(client: Socket): void {
  for (let data = client.recv(2048); data.length > 0; data = client.recv(2048)) client.sendall(data)
  client.close()
}
