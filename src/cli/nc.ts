// A small netcat: it sends standard input over the socket, and writes received bytes to standard output.
import { once } from 'node:events'
import type { SocketAddress } from '../structs/address.js'
import { AF_UNIX, AI_PASSIVE, MSG_PEEK, SHUT_WR, SO_REUSEADDR } from '../constants.js'
import { SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { getaddrinfo } from '../names/addrinfo.js'
import { Socket } from '../promises/index.js'
import { nameOf } from './servers/serve.js'
import { UnixPath } from '../descriptors/unix-path.js'
import { defineCommand, integer, UsageError } from './command.js'

interface Endpoint {
  family: number
  type: number
  address: SocketAddress
}

// All endpoints of a host's name, or the one of a path.
function endpointsOf(operands: string[], type: number, unix: boolean, listen: boolean): Endpoint[] {
  const [first = '', second, ...rest] = operands
  if (unix) {
    if (first === '' || second !== undefined) throw new UsageError('PATH: one is needed')
    return [{ family: AF_UNIX, type, address: { family: 'unix', path: first } }]
  }
  const [host, port] = second === undefined && listen ? [null, first] : [first, second]
  if (port === undefined || rest.length > 0) throw new UsageError('HOST PORT: one of each is needed')
  const hints = listen ? { type, flags: AI_PASSIVE } : { type }
  return getaddrinfo(host, integer('PORT', port, 0, 65535), hints)
}

// Connects to the first endpoint that answers.
async function connect(endpoints: Endpoint[]): Promise<Socket> {
  const errors: unknown[] = []
  for (const { family, type, address } of endpoints) {
    const socket = new Socket(family, type)
    try {
      await socket.connect(address)
      return socket
    } catch (error) {
      socket.close()
      errors.push(error)
    }
  }
  throw errors.at(-1)
}

// Waits for the first client, or for the sender of the first datagram.
async function waitForClient({ family, type, address }: Endpoint, say: (text: string) => void): Promise<Socket> {
  const socket = new Socket(family, type)
  if (family !== AF_UNIX) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
  socket.bind(address)
  const file = 'path' in address ? new UnixPath(String(address.path)) : undefined
  if (type === SOCK_STREAM) socket.listen(1)
  say(`listening on ${nameOf(socket.getsockname())}`)
  if (type === SOCK_DGRAM) {
    const [, sender] = await socket.recvfrom(1, MSG_PEEK)
    await socket.connect(sender)
    return socket
  }
  try {
    return (await socket.accept())[0]
  } finally {
    file?.remove()
    socket.close()
  }
}

async function send(socket: Socket): Promise<void> {
  for await (const chunk of process.stdin) await socket.sendall(chunk as Buffer)
  if (socket.type === SOCK_STREAM) socket.shutdown(SHUT_WR)
}

async function receive(socket: Socket): Promise<void> {
  for (;;) {
    const chunk = await socket.recv(65536)
    if (chunk.length === 0 && socket.type === SOCK_STREAM) return // a datagram may be empty
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
  }
}

export const command = defineCommand({
  operands: 'HOST PORT | -l [HOST] PORT | -U PATH',
  options: {
    listen: { type: 'boolean', short: 'l', meaning: 'wait for one client, or for the first datagram' },
    udp: { type: 'boolean', short: 'u', meaning: 'datagrams: one for each piece of input; ends with Ctrl-C' },
    unix: { type: 'boolean', short: 'U', meaning: 'a Unix socket' },
    verbose: { type: 'boolean', short: 'v', meaning: 'tell on standard error who is connected' },
  },
  async run({ listen = false, udp = false, unix = false, verbose = false }, operands) {
    if (udp && unix) throw new UsageError('-u: not together with -U')
    const say = (text: string): void => {
      if (verbose) console.error(text)
    }
    const endpoints = endpointsOf(operands, udp ? SOCK_DGRAM : SOCK_STREAM, unix, listen)
    try {
      const socket = listen ? await waitForClient(endpoints[0]!, say) : await connect(endpoints)
      say(`connected to ${nameOf(socket.getpeername()) || 'a socket without a name'}`)
      await Promise.all([send(socket), receive(socket)])
      socket.close()
      return 0
    } finally {
      process.stdin.destroy() // or it would keep the process alive
    }
  },
})
