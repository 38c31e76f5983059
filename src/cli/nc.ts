// netcat: it sends standard input over a socket, and writes received bytes to standard output. The options mean what they mean
// in nc(1) of OpenBSD; -q is Debian's, and -e is that of ncat(1).
import { AF_INET, AF_INET6, AF_UNIX, MSG_PEEK, SOCK_DGRAM, SOCK_STREAM } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { UnixPath } from '../descriptors/unix-path.js'
import { printable } from '../printable.js'
import type { Socket } from '../promises/index.js'
import { defineCommand, integer, UsageError } from './command.js'
import type { Option, Options, Values } from './command.js'
import { SocketChannel, tlsClient, tlsServer } from './netcat/channel.js'
import type { Channel, TlsSettings } from './netcat/channel.js'
import { boundTo, lookUp, portsOf, socketFor, unixAddress } from './netcat/endpoints.js'
import type { Bound, Endpoint, Kind, Source } from './netcat/endpoints.js'
import { execOnChannel, execOnSocket } from './netcat/exec.js'
import { standardInput } from './netcat/pieces.js'
import type { Pieces } from './netcat/pieces.js'
import { relay } from './netcat/relay.js'
import type { Manner } from './netcat/relay.js'
import type { SocketAddress } from '../structs/address.js'
import { nameOf } from './servers/serve.js'

const day = 24 * 60 * 60

const options = {
  listen: { type: 'boolean', short: 'l', meaning: 'wait for one client, or for the first datagram' },
  keep: {
    type: 'boolean',
    short: 'k',
    meaning: 'with -l: wait for the next client when one has left; with -u: receive from all senders, and send to none',
  },
  udp: { type: 'boolean', short: 'u', meaning: 'datagrams: one for each piece of input; ends with Ctrl-C, -w or -q' },
  unix: { type: 'boolean', short: 'U', meaning: 'a Unix socket: a path, or an abstract name after @' },
  ipv4: { type: 'boolean', short: '4', meaning: 'IPv4 only' },
  ipv6: { type: 'boolean', short: '6', meaning: 'IPv6 only' },
  numeric: { type: 'boolean', short: 'n', meaning: 'hosts are numbers: names are not looked up' },
  source: { type: 'string', short: 's', value: 'ADDRESS', meaning: 'the own address; with -uU the own path or name' },
  'source-port': { type: 'string', short: 'p', value: 'N', meaning: 'the own port; with -l the same as PORT' },
  timeout: {
    type: 'string',
    short: 'w',
    value: 'SECONDS',
    meaning: 'the limit for connecting, and for the time without a byte in either direction; it does not limit -l',
  },
  scan: { type: 'boolean', short: 'z', meaning: 'print which ports accept connections; PORT may be a range: 20-25' },
  shutdown: { type: 'boolean', short: 'N', meaning: 'tell the other end when the input ends: shutdown(2)' },
  quit: {
    type: 'string',
    short: 'q',
    value: 'SECONDS',
    meaning: 'as -N, and end so long after the input; negative: neither of these',
  },
  crlf: { type: 'boolean', short: 'C', meaning: 'send CR and LF for each LF of the input' },
  exec: {
    type: 'string',
    short: 'e',
    value: 'COMMAND',
    meaning: 'let sh run this with the connection as its standard input and output; with -lk one for each client',
  },
  'hex-dump': { type: 'boolean', meaning: 'show all bytes on standard error: < received, > sent' },
  'send-fd': {
    type: 'string',
    value: 'N,N',
    meaning: 'with -U: send these descriptors with the first bytes of input (one of value 0 if there are none)',
  },
  tls: { type: 'boolean', meaning: 'TLS over TCP or a Unix stream' },
  ca: { type: 'string', value: 'FILE', meaning: 'certificates (PEM) that are trusted instead of the usual ones' },
  cert: { type: 'string', value: 'FILE', meaning: 'the own certificate (PEM); -l needs one' },
  key: { type: 'string', value: 'FILE', meaning: 'its key (PEM; default: in the file of --cert)' },
  insecure: { type: 'boolean', meaning: 'with --tls: trust any certificate' },
  verbose: { type: 'boolean', short: 'v', meaning: 'tell on standard error who is connected, or why not' },
} as const satisfies Options

type Given = Values<typeof options>

/** The command line, understood. */
interface Plan {
  readonly endpoints: Endpoint[]
  readonly kind: Kind
  readonly source: Source
  /** Milliseconds; null: no limit. */
  readonly timeout: number | null
  readonly manner: Manner
  readonly fds: readonly number[]
  readonly tls: TlsSettings | undefined
  readonly exec: string | undefined
  readonly say: (text: string) => void
  readonly files: Files
}

const secondsOf = (name: string, text: string | undefined, least: number): number | null =>
  text === undefined ? null : integer(name, text, least, day) * 1000

// Pairs of options that exclude each other, and options that need another.
function checkTogether(given: Given): void {
  const has = (name: keyof Given): boolean => given[name] !== undefined
  const short = (name: keyof typeof options): string => {
    const { short }: Option = options[name]
    return short === undefined ? `--${name}` : `-${short}`
  }
  const apart = (one: keyof typeof options, ...others: (keyof typeof options)[]): void => {
    for (const other of others)
      if (has(one) && has(other)) throw new UsageError(`${short(one)}: not together with ${short(other)}`)
  }
  const needs = (one: keyof typeof options, other: keyof typeof options): void => {
    if (has(one) && !has(other)) throw new UsageError(`${short(one)}: only together with ${short(other)}`)
  }
  apart('ipv4', 'ipv6', 'unix')
  apart('ipv6', 'unix')
  apart('source-port', 'unix')
  apart('scan', 'listen', 'unix', 'exec', 'tls', 'source-port')
  apart('tls', 'udp')
  apart('send-fd', 'tls', 'exec')
  needs('keep', 'listen')
  needs('send-fd', 'unix')
  for (const name of ['ca', 'cert', 'key', 'insecure'] as const) needs(name, 'tls')
  if (has('tls') && has('listen')) needs('tls', 'cert')
  if (has('source') && has('unix') && (!has('udp') || has('listen')))
    throw new UsageError('-s: of a Unix socket only together with -u, and not with -l')
}

// All endpoints of a host's name, or the one of a path.
function endpointsOf(operands: string[], given: Given, kind: Kind): Endpoint[] {
  const { listen = false, source } = given
  const [first, second, ...rest] = operands
  if (kind.family === AF_UNIX) {
    if (first === undefined || first === '' || second !== undefined) throw new UsageError('PATH: one is needed')
    return [{ family: AF_UNIX, type: kind.type, address: unixAddress(first) }]
  }
  let [host, port] = [first, second]
  if (listen) {
    if (second === undefined)
      [host, port] = given['source-port'] === undefined ? [source, first] : [first ?? source, given['source-port']]
    else if (given['source-port'] !== undefined) throw new UsageError('-p: not together with PORT and -l')
    else if (source !== undefined) throw new UsageError('-s: not together with HOST and -l')
  } else if (host === undefined) port = undefined
  if (port === undefined || rest.length > 0) throw new UsageError('HOST PORT: one of each is needed')
  if (given.scan === true) return portsOf(port).flatMap(number => lookUp(host!, number, kind))
  return lookUp(host ?? null, integer('PORT', port, 0, 65535), kind, listen)
}

function planOf(given: Given, operands: string[]): Plan {
  checkTogether(given)
  const { listen = false, udp = false, unix = false, verbose = false, insecure = false } = given
  const family = unix ? AF_UNIX : given.ipv4 === true ? AF_INET : given.ipv6 === true ? AF_INET6 : 0
  const kind: Kind = { family, type: udp ? SOCK_DGRAM : SOCK_STREAM, numeric: given.numeric ?? false }
  const port = given['source-port']
  const quit = secondsOf('-q', given.quit, -day)
  const linger = quit !== null && quit >= 0 ? quit : null
  const timeout = secondsOf('-w', given.timeout, 1)
  const fds = (given['send-fd'] ?? '').split(',').filter(text => text !== '')
  return {
    endpoints: endpointsOf(operands, given, kind),
    kind,
    source: { host: given.source, port: port === undefined ? undefined : integer('-p', port, 0, 65535) },
    timeout,
    manner: {
      endsWithPeer: listen,
      shutdown: (given.shutdown ?? false) || linger !== null,
      linger,
      idle: timeout,
      crlf: given.crlf ?? false,
      hexDump: given['hex-dump'] ?? false,
      atLeast: fds.length > 0 ? Buffer.alloc(1) : undefined,
    },
    fds: fds.map(text => integer('--send-fd', text, 0, 2 ** 31 - 1)),
    tls:
      given.tls === true ? { host: operands[0]!, insecure, ca: given.ca, cert: given.cert, key: given.key } : undefined,
    exec: given.exec,
    say: text => {
      if (verbose) console.error(printable(text))
    },
    files: new Files(),
  }
}

/** The files of Unix sockets, which a signal removes too. */
class Files {
  readonly #files = new Set<UnixPath>()

  constructor() {
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        this.remove()
        process.kill(process.pid, signal) // there is no listener any more, so it ends the process
      })
    }
  }

  add(file: UnixPath | undefined): void {
    if (file !== undefined) this.#files.add(file)
  }

  remove(): void {
    for (const file of this.#files) file.remove()
    this.#files.clear()
  }
}

// The socket that connected to the first endpoint that answers, and that one's address.
async function connect({ endpoints, source, kind, timeout, say, files }: Plan): Promise<[Socket, SocketAddress]> {
  let failure: unknown
  for (const endpoint of endpoints) {
    try {
      return [await connectTo(endpoint), endpoint.address]
    } catch (error) {
      if (!isSocketError(error)) throw error
      if (failure !== undefined) say((failure as Error).message) // the last one is thrown
      failure = error
    }
  }
  throw failure

  async function connectTo(endpoint: Endpoint): Promise<Socket> {
    const { socket, file } = socketFor(endpoint, source, kind)
    files.add(file)
    try {
      // Without a name of its own a Unix datagram socket gets no answers; the kernel chooses one. unix(7), autobind
      if (kind.family === AF_UNIX && kind.type === SOCK_DGRAM && file === undefined && process.platform === 'linux')
        if (source.host === undefined) socket.bind({ family: 'unix' })
      await socket.connect(endpoint.address, { timeout })
      return socket
    } catch (error) {
      socket.close()
      throw error
    }
  }
}

// Prints the ports that accept connections. Of UDP, those that no ICMP error refuses. The status is 0 if there is one.
async function scan({ endpoints, source, kind, timeout, say }: Plan): Promise<number> {
  let found = false
  for (const endpoint of endpoints) {
    const { socket } = socketFor(endpoint, source, kind)
    try {
      await socket.connect(endpoint.address, { timeout })
      if (kind.type === SOCK_DGRAM) await probe(socket, timeout ?? 1000)
      console.log(`${nameOf(endpoint.address)} open`)
      found = true
    } catch (error) {
      if (!isSocketError(error)) throw error
      say(error.message)
    } finally {
      socket.close()
    }
  }
  return found ? 0 : 1
}

async function probe(socket: Socket, timeout: number): Promise<void> {
  try {
    await socket.send(Buffer.alloc(1))
    await socket.recv(1, 0, { timeout }) // an answer, or ECONNREFUSED. udp(7)
  } catch (error) {
    if (!(isSocketError(error) && error.timeout !== undefined)) throw error
  }
}

// Serves one client, or what the socket is connected to; resolves with the exit status.
async function serve(
  socket: Socket,
  { tls, exec, fds, manner, files }: Plan,
  listen: boolean,
  input: () => Pieces | undefined,
): Promise<number> {
  let channel: Channel | undefined
  try {
    if (tls === undefined && exec !== undefined) return await execOnSocket(exec, socket)
    channel = tls === undefined ? new SocketChannel(socket, fds) : await (listen ? tlsServer : tlsClient)(socket, tls)
    if (exec !== undefined) return await execOnChannel(exec, channel)
    await relay(channel, input(), manner)
    return 0
  } finally {
    if (socket.type === SOCK_DGRAM) files.remove() // before the socket is closed
    channel?.close()
    socket.close()
  }
}

async function listenForClients({ socket }: Bound, plan: Plan, keep: boolean, input: () => Pieces): Promise<number> {
  const { exec, say } = plan
  socket.listen(keep ? 128 : 1)
  say(`listening on ${nameOf(socket.getsockname())}`)
  for await (const [client, address] of socket.connections()) {
    say(`connected to ${peerName(address)}`) // getpeername(2) would fail once the client has reset the connection
    if (!keep) {
      plan.files.remove()
      socket.close()
      return serve(client, plan, true, input)
    }
    const served = serve(client, plan, true, input).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error)) throw error
      console.error(`bsd-sockets nc: ${printable(error.message)}`) // a lost client is no failure of the server
    })
    if (exec === undefined) await served // there is one input for all, one after the other
  }
  return 0
}

async function listenForDatagrams({ socket }: Bound, plan: Plan, keep: boolean, input: () => Pieces): Promise<number> {
  plan.say(`listening on ${nameOf(socket.getsockname())}`)
  if (!keep) {
    const [, sender] = await socket.recvfrom(1, MSG_PEEK)
    const name = nameOf(sender)
    if (name !== '') await socket.connect(sender)
    plan.say(`connected to ${peerName(sender)}`)
    if (name !== '') return serve(socket, plan, true, input)
  }
  return serve(socket, plan, true, () => undefined)
}

const peerName = (address: SocketAddress): string => nameOf(address) || 'a socket without a name'

export const command = defineCommand({
  operands: 'HOST PORT | -l [HOST] PORT | -U PATH',
  options,
  notes:
    'Status: 0 if there was a connection (with -z: to at least one port), 1 if it failed or was lost, 2 for a wrong command\n' +
    'line; with -e that of the command. Without -N or -q the other end is not told when the input ends.',
  async run(given, operands) {
    const plan = planOf(given, operands)
    const { listen = false, keep = false } = given
    let opened: Pieces | undefined
    const input = (): Pieces => (opened ??= standardInput())
    try {
      if (given.scan === true) return await scan(plan)
      if (listen) {
        const bound = boundTo(plan.endpoints[0]!)
        plan.files.add(bound.file)
        const wait = plan.kind.type === SOCK_STREAM ? listenForClients : listenForDatagrams
        return await wait(bound, plan, keep, input)
      }
      const [socket, address] = await connect(plan)
      plan.say(`connected to ${peerName(address)}`)
      return await serve(socket, plan, false, input)
    } finally {
      plan.files.remove()
      opened?.close() // or it would keep the process alive
    }
  },
})
