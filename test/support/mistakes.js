// Common mistakes, with the messages and hints that they give on Linux: the table of docs/errors.md.
// `node test/support/mistakes.js --write` writes it; test/mistakes.test.ts compares it.
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AF_INET,
  AF_UNIX,
  EAI_AGAIN,
  EAI_NONAME,
  GaiError,
  getaddrinfo,
  getservbyname,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_NODELAY,
} from 'bsd-sockets'
import { listen } from 'bsd-sockets/reactor'
import { socketError } from '../../lib/tested.js'
import { cell, pageTable } from './page-table.js'

const { EACCES, EMFILE, ENETUNREACH, EPERM } = constants.errno
const page = pageTable('docs/errors.md', 'mistakes')

/** An error that this machine may not give, as for root: it is made. */
const made = (errno, syscall, details) => () => {
  throw socketError(errno, syscall, details)
}

/** What a mistake needs: sockets that are closed after it, ports and paths. */
class Scene {
  #sockets = []
  #folder = mkdtempSync(join(tmpdir(), 'mistakes-'))

  socket(...given) {
    const socket = new Socket(...given)
    this.#sockets.push(socket)
    return socket
  }

  server(address = ['127.0.0.1', 0], family = AF_INET) {
    const server = this.socket(family)
    server.bind(address)
    server.listen()
    return server
  }

  pair() {
    const made = Socket.pair()
    this.#sockets.push(...made)
    return made
  }

  connected() {
    const server = this.server()
    const client = this.socket()
    client.connect(server.getsockname())
    return client
  }

  path(name = 'server.sock') {
    return join(this.#folder, name)
  }

  /** The file of a server that has ended. */
  leftOver() {
    this.server(this.path(), AF_UNIX).close()
    return this.path()
  }

  /** A port on which nobody listens. */
  freePort() {
    const server = this.server()
    const { port } = server.getsockname()
    server.close()
    return port
  }

  /** A text without what differs each time. */
  plain(text) {
    return text
      .replaceAll(this.#folder, '/run/app')
      .replace(/(?<=127\.0\.0\.1:|port )\d{4,5}\b/g, '8080')
      .replace(/(?<=there are )[^.].*(?=\.$)/, 'these: …')
      .replace(/(?<=for the groups ).*?(?= of net)/, '1 to 0')
      .replace(/(?<=names them \()[^)]*(?=\))/, '192.0.2.53')
      .replace(/(?<=may have) \(\d+\)/, ' (1024)')
  }

  close() {
    for (const socket of this.#sockets) socket.close()
    rmSync(this.#folder, { recursive: true })
  }
}

/** The mistakes: what the program does, and how it comes about. */
const mistakes = {
  'binds a port that another socket has': s => s.socket().bind(s.server().getsockname()),
  'binds a path whose file is left over': s => s.socket(AF_UNIX).bind(s.leftOver()),
  'binds a path on which a server listens': s => s.socket(AF_UNIX).bind(s.server(s.path(), AF_UNIX).getsockname()),
  'binds an address of another machine': s => s.socket().bind(['192.0.2.1', 80]),
  'binds port 80 without the right to': made(EACCES, 'bind', { address: ['127.0.0.1', 80] }),
  'opens a raw socket without the right to': made(EPERM, 'socket'),
  'opens a ping socket without the right to': made(EACCES, 'socket'),
  'sets SO_MARK without the right to': made(EPERM, 'setsockopt', { level: SOL_SOCKET, option: 'SO_MARK' }),
  'opens too many sockets': made(EMFILE, 'socket'),
  'accepts before listen': s => s.socket().accept(),
  'listens on a datagram socket': s => s.socket(AF_INET, SOCK_DGRAM).listen(),
  'connects to a port on which nobody listens': s => s.socket().connect(['127.0.0.1', s.freePort()]),
  'connects to a path whose server has ended': s => s.socket(AF_UNIX).connect(s.leftOver()),
  'connects to a path that does not exist': s => s.socket(AF_UNIX).connect(s.path()),
  'connects a stream socket to a datagram socket': s => {
    s.socket(AF_UNIX, SOCK_DGRAM).bind(s.path())
    s.socket(AF_UNIX, SOCK_STREAM).connect(s.path())
  },
  'connects to IPv6 where there is none': made(ENETUNREACH, 'connect', { address: ['2001:db8::1', 80] }),
  'connects an IPv4 socket to IPv6': s => s.socket().connect(['::1', 80]),
  'connects twice': s => {
    const client = s.connected()
    client.connect(client.getpeername())
  },
  'gives connect a name': s => s.socket().connect(['localhost', 80]),
  'gives an INET socket a path': s => s.socket().connect('/run/app.sock'),
  'binds a path that is too long': s => s.socket(AF_UNIX).bind('x'.repeat(108)),
  'receives before connect': s => s.socket().recv(10),
  'receives after close': s => {
    const socket = s.socket()
    socket.close()
    socket.recv(10)
  },
  'receives with the timeout 0': s => s.pair()[0].recv(10, MSG_DONTWAIT),
  'waits longer than its timeout': s => {
    const [socket] = s.pair()
    socket.settimeout(20)
    socket.recv(10)
  },
  'sends after shutdown': s => {
    const [socket] = s.pair()
    socket.shutdown(SHUT_WR)
    socket.send('x')
  },
  'sends a datagram without an address': s => s.socket(AF_INET, SOCK_DGRAM).send('x'),
  'sends a datagram that is too large': s =>
    s.socket(AF_INET, SOCK_DGRAM).sendto(Buffer.alloc(65536), ['127.0.0.1', 9]),
  'sends to a broadcast address': s => s.socket(AF_INET, SOCK_DGRAM).sendto('x', ['127.255.255.255', 9]),
  'sets an option to a wrong value': s => s.socket().setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 1000),
  'sets an option of TCP on UDP': s => s.socket(AF_INET, SOCK_DGRAM).setsockopt(IPPROTO_TCP, TCP_NODELAY, 1),
  'looks up a service that is unknown': () => getservbyname('no-such-service'),
  'looks up a host while no name server answers': () => {
    throw new GaiError('EAI_AGAIN', EAI_AGAIN, 'getaddrinfo', 'db.example')
  },
  'looks up a host that does not exist': () => {
    throw new GaiError('EAI_NONAME', EAI_NONAME, 'getaddrinfo', 'db.exmaple')
  },
  'looks up the addresses of a family that has no names': () => getaddrinfo('localhost', 80, { family: AF_UNIX }),
  'misspells a property': () => listen({ prot: 80 }),
}

/** What each mistake gives: `{ mistake, message, hint }`. */
export function results() {
  return Object.entries(mistakes).map(([mistake, make]) => {
    const scene = new Scene()
    try {
      make(scene)
    } catch (error) {
      const about = error.hint ?? (error.argument === undefined ? '' : `\`argument\`: ${error.argument}`)
      return { mistake, message: scene.plain(`${error.name}: ${error.message}`), hint: scene.plain(about), error }
    } finally {
      scene.close()
    }
    throw new Error(`no error: ${mistake}`)
  })
}

/** The table as it should be. */
export const table = () =>
  ['| the program… | error | `hint` |', '|---|---|---|']
    .concat(results().map(({ mistake, message, hint }) => `| ${mistake} | ${cell(message)} | ${cell(hint)} |`))
    .map(line => `${line}\n`)
    .join('')

/** The table of the page. */
export const { written } = page

if (process.argv[2] === '--write') page.write(table())
