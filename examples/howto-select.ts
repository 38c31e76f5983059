// One thread for all clients: select returns the sockets that are ready.
//   server   echoes to all of its clients concurrently
//   client   connects without blocking
//   bad      finds the descriptor that makes select fail
import { parseArgs } from 'node:util'
import {
  AF_INET,
  AI_PASSIVE,
  BlockingIOError,
  ConnectionError,
  FD_SETSIZE,
  getaddrinfo,
  gethostname,
  select,
  SHUT_WR,
  SO_ERROR,
  SOCK_STREAM,
  Socket,
  SocketError,
  SOL_SOCKET,
} from 'bsd-sockets'
import { close } from 'bsd-sockets/syscalls'

const { values, positionals } = parseArgs({
  options: {
    host: { type: 'string', default: gethostname() }, // `localhost`: this machine alone; '': any of its addresses
    port: { type: 'string', default: '80' },
  },
  allowPositionals: true,
})
const [role = 'server'] = positionals
if (role === 'server') serve()
else if (role === 'client') converse()
else findBad()

function serve(): never {
  const hints = { family: AF_INET, type: SOCK_STREAM, flags: AI_PASSIVE }
  const [found] = getaddrinfo(values.host || null, values.port, hints)
  const server = new Socket(AF_INET, SOCK_STREAM)
  server.bind(found!.address)
  server.listen(5)
  console.log('listening on', server.getsockname())
  const clients = new Map<Socket, Buffer>() // with what each has yet to get back
  for (;;) {
    // Nothing is received from a client while bytes for it are unsent: one that never reads must not fill the memory.
    const owed = [...clients.keys()].filter(client => clients.get(client)!.length > 0)
    const idle = [...clients.keys()].filter(client => clients.get(client)!.length === 0)
    const [readable, writable, exceptional] = select([server, ...idle], owed, clients.keys(), 60_000)
    if (readable.length + writable.length + exceptional.length === 0) console.log('nothing for a minute')
    for (const socket of readable) {
      if (socket === server) welcome(server, clients)
      else receive(socket, clients)
    }
    for (const socket of writable) send(socket, clients)
    for (const socket of exceptional) drop(socket, clients) // urgent data, which means nothing here
  }
}

// A listening socket is readable when a client waits. The client may have disconnected since; hence the try.
function welcome(server: Socket, clients: Map<Socket, Buffer>): void {
  const accepted = server.tryAccept()
  if (accepted === null) return
  const [client, address] = accepted
  console.log('client', address)
  if (client.fd < FD_SETSIZE) clients.set(client, Buffer.alloc(0))
  else client.close() // select has no bit for it
}

function receive(client: Socket, clients: Map<Socket, Buffer>): void {
  try {
    const data = client.tryRecv(2048)
    if (data?.length === 0) drop(client, clients)
    else if (data) clients.set(client, data)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    drop(client, clients)
  }
}

function send(client: Socket, clients: Map<Socket, Buffer>): void {
  const data = clients.get(client)!
  try {
    clients.set(client, data.subarray(client.trySend(data) ?? 0))
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    drop(client, clients)
  }
}

function drop(client: Socket, clients: Map<Socket, Buffer>): void {
  clients.delete(client)
  client.close()
}

function converse(): void {
  const [found] = getaddrinfo(values.host || null, values.port, { family: AF_INET, type: SOCK_STREAM })
  const socket = new Socket(AF_INET, SOCK_STREAM)
  socket.setblocking(false)
  try {
    socket.connect(found!.address)
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error
    console.log(error.message) // it is under way
  }
  select([], [socket], []) // a connecting socket is writable when it is connected, or will never be
  const errno = socket.getsockopt(SOL_SOCKET, SO_ERROR)
  if (errno !== 0) throw new SocketError(errno, 'connect', { address: found!.address })
  console.log('connected to', socket.getpeername())
  socket.send('hello, select')
  socket.shutdown(SHUT_WR)
  for (;;) {
    select([socket], [], [])
    const data = socket.recv(2048)
    if (data.length === 0) break
    console.log(`Received '${data.toString()}'`)
  }
  socket.close()
}

function findBad(): void {
  const sockets = [...Socket.pair(), ...Socket.pair()]
  console.log('descriptors', ...sockets.map(socket => socket.fd))
  close(sockets[2]!.fd) // behind its socket's back
  try {
    select(sockets, [], [], 0)
  } catch (error) {
    console.log((error as SocketError).message) // it does not say which
  }
  for (const [i, socket] of sockets.entries()) {
    try {
      select([socket], [], [], 0)
      console.log(`socket ${i} is good`)
      socket.close()
    } catch (error) {
      console.log(`socket ${i} is bad: ${(error as SocketError).message}`)
      socket.detach()
    }
  }
}
