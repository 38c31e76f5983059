// What the sockets of a reactor own, and for how long: addresses, paths, descriptors, timeouts.
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import * as sys from 'bsd-sockets/syscalls'
import {
  AF_INET,
  AF_UNIX,
  F_DUPFD_CLOEXEC,
  MessageBatch,
  options,
  setOption,
  SOCK_DGRAM,
  Socket,
  supports,
} from 'bsd-sockets'
import { bind, connect, listen } from 'bsd-sockets/reactor'
import type { Connection, DatagramSocket, Handlers, ListenOptions, Server } from 'bsd-sockets/reactor'
import { Child, inline, script } from '../support/child.js'
import { closing, thrown } from '../support/tcp.js'
import { traced } from '../traces/trace.js'

const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-lifetimes-'))
afterAll(() => rmSync(folder, { recursive: true }))
let names = 0
const newPath = (): string => join(folder, `${names++}`)

const soon = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}
const turns = (ms = 20): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const listening = (options: ListenOptions & Handlers = {}): Server => closing(listen(options))
const portOf = ({ address }: Server): number => ('port' in address ? address.port : 0)

function connected(server: Server): Socket {
  const client = closing(new Socket(server.address.family === 'unix' ? AF_UNIX : AF_INET))
  client.connect(server.address)
  return client
}

describe('the address of a peer', () => {
  it('that resets before it is accepted is the one from accept(2)', async () => {
    const seen: unknown[] = []
    const server = listening({ open: one => seen.push(one.remoteAddress) })
    const client = connected(server)
    const address = client.getsockname()
    setOption(client, options.linger, { on: true, seconds: 0 })
    client.close()
    await soon(() => seen.length > 0)
    expect(seen).toEqual([address])
  })

  it('is undefined after it has reset, and after the connection is closed', async () => {
    const closed: unknown[] = []
    let connection: Connection | undefined
    const server = listening({
      open: one => void (connection = one),
      close: one => closed.push(one.remoteAddress, one.localAddress),
    })
    const client = connected(server)
    await soon(() => connection !== undefined)
    expect(connection!.remoteAddress).toEqual(client.getsockname())
    setOption(client, options.linger, { on: true, seconds: 0 })
    client.close()
    expect(connection!.remoteAddress).toBeUndefined()
    expect(connection!.localAddress).toEqual(server.address)
    await soon(() => closed.length > 0)
    expect(closed).toEqual([undefined, undefined])
  })

  it('of a client is undefined until it is connected', async () => {
    const server = listening()
    let opened = false
    const connection = connect({ port: portOf(server), open: () => void (opened = true) })
    expect(connection.remoteAddress).toBeUndefined()
    await soon(() => opened)
    expect(connection.remoteAddress).toEqual(server.address)
    connection.destroy()
    expect(connection.remoteAddress).toBeUndefined()
  })
})

describe('an idle timeout', () => {
  it.each(['listen', 'connect'])('begins again with each send and receive (%s)', async side => {
    const handlers = { idleTimeout: 100 }
    let connection: Connection | undefined
    let closed = false
    const server = listening({
      ...(side === 'listen' ? handlers : {}),
      open: one => void (connection = one),
      close: () => (closed = true),
    })
    const client = connect({
      port: portOf(server),
      ...(side === 'listen' ? {} : handlers),
      close: () => (closed = true),
    })
    await soon(() => connection !== undefined && !client.connecting)
    const sender = side === 'listen' ? connection! : client
    for (let i = 0; i < 25; i++) {
      expect(sender.write('tick')).toBe(true)
      await turns(20)
    }
    expect(closed).toBe(false)
    await soon(() => closed)
  })

  it.each([null, 0, Infinity, 2 ** 40])('of %s does not close idle connections', async idleTimeout => {
    const server = listening({ idleTimeout })
    const client = connect({ port: portOf(server), idleTimeout })
    await soon(() => server.connections === 1)
    await turns(30)
    expect([server.connections, client.fd >= 0]).toEqual([1, true])
    client.destroy()
  })
})

describe('a timeout', () => {
  it.each([NaN, -1, -Infinity])('of %s is out of range, everywhere', async time => {
    const wrong = expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }) as unknown
    expect(thrown(() => listen({ idleTimeout: time }))).toEqual(wrong)
    expect(thrown(() => connect({ port: 1, idleTimeout: time }))).toEqual(wrong)
    expect(thrown(() => connect({ port: 1, timeout: time }))).toEqual(wrong)
    const server = listening()
    await expect(server.stop({ timeout: time })).rejects.toEqual(wrong)
    expect(server.fd).toBeGreaterThan(0) // the server was not stopped
  })

  it.each([Infinity, 2 ** 40])('of %s for a stop or a connect does not end', async timeout => {
    const full = closing(new Socket())
    full.bind(['127.0.0.1', 0])
    full.listen(0)
    const { port } = full.getsockname() as { port: number }
    const waiting = Array.from({ length: 3 }, () => connect({ port, timeout }))
    const server = listening()
    const client = connect({ port: portOf(server) })
    await soon(() => server.connections === 1)
    let stopped = false
    const stop = server.stop({ timeout }).then(() => (stopped = true))
    await turns(30)
    expect(stopped).toBe(false)
    expect(waiting.some(({ connecting }) => connecting)).toBe(true)
    client.destroy()
    await stop
    for (const one of waiting) one.destroy()
  })

  it('of 0 for a stop calls finish for each connection, and closes it', async () => {
    const server = listening()
    connect({ port: portOf(server) })
    await soon(() => server.connections === 1)
    let finished = 0
    await server.stop({ timeout: 0, finish: () => finished++ })
    expect([finished, server.connections]).toEqual([1, 0])
  })

  it('of 0 for a connect does not wait', async () => {
    const full = closing(new Socket())
    full.bind(['127.0.0.1', 0])
    full.listen(0)
    const address = full.getsockname() as { address: string; port: number }
    const others = [connect({ port: address.port }), connect({ port: address.port })]
    await turns()
    const error = await new Promise(resolve =>
      connect({ port: address.port, timeout: 0, close: (_, reason) => resolve(reason) }),
    )
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect', address: '127.0.0.1', port: address.port })
    for (const one of others) one.destroy()
  })
})

describe('the file of a Unix socket', () => {
  const opened: [string, (path: string) => Server | DatagramSocket][] = [
    ['listen', path => listen({ path })],
    ['bind', path => bind({ path })],
  ]

  it.each(opened)('is removed when the socket is closed (%s)', (_, open) => {
    const path = newPath()
    const socket = open(path)
    expect(existsSync(path)).toBe(true)
    socket.close()
    expect(existsSync(path)).toBe(false)
  })

  it.each(opened)('is not removed where another has replaced it (%s)', (_, open) => {
    const path = newPath()
    const first = open(path)
    rmSync(path)
    const second = open(path)
    first.close()
    expect(existsSync(path)).toBe(true)
    second.close()
    expect(existsSync(path)).toBe(false)
    const third = open(path)
    rmSync(path)
    writeFileSync(path, 'precious')
    third.close()
    expect(existsSync(path)).toBe(true)
  })

  it.each(opened)('may be gone: the socket is still closed (%s)', (_, open) => {
    const inner = mkdtempSync(join(folder, 'inner-'))
    const socket = open(join(inner, 'socket'))
    rmSync(inner, { recursive: true })
    socket.close()
    expect(socket.fd).toBe(-1)
  })

  // Only Linux has abstract names. unix(7)
  it.runIf(process.platform === 'linux').each(opened)('does not exist for an abstract name (%s, Linux)', (_, open) => {
    const socket = open(`\0bsd-sockets-${process.pid}-${names++}`)
    socket.close()
    expect(socket.fd).toBe(-1)
  })

  it('is removed also after a change of the working directory', async () => {
    const program = `
      import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
      import { listen } from 'bsd-sockets/reactor'
      const other = process.argv.at(-1) + '/other'
      mkdirSync(other)
      process.chdir(process.argv.at(-1))
      const server = listen({ path: 'relative' })
      process.chdir(other)
      writeFileSync('relative', 'precious')
      server.close()
      console.log(existsSync('relative'), existsSync('../relative'))`
    expect(await script(program, folder).finished()).toBe('true false\n')
  })

  it('is removed where listen fails after bind', () => {
    const path = newPath()
    expect(thrown(() => listen({ path, backlog: 2 ** 40 }))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' })
    expect(existsSync(path)).toBe(false)
  })

  it('stays where it belongs to another socket', () => {
    const path = newPath()
    const server = closing(listen({ path }))
    expect(thrown(() => listen({ path }))).toMatchObject({ code: 'EADDRINUSE', path })
    expect(existsSync(path)).toBe(true)
    server.close()
  })
})

describe('a descriptor', () => {
  it('on which listen fails stays open', () => {
    const fd = openSync(join(folder, 'file'), 'w+')
    onTestFinished(() => closeSync(fd))
    expect(thrown(() => listen({ fd }))).toMatchObject({ code: 'ENOTSOCK' })
    expect(fstatSync(fd).isFile()).toBe(true)
  })

  // The descriptors that the pollers of this process watch. proc_pid_fdinfo(5)
  const watched = (): number[] =>
    readdirSync('/proc/self/fdinfo').flatMap(name => {
      let text = ''
      try {
        text = readFileSync(`/proc/self/fdinfo/${name}`, 'latin1')
      } catch {
        // The descriptor of the folder, which is closed now.
      }
      return Array.from(text.matchAll(/^tfd: +(\d+)/gm), match => Number(match[1]))
    })

  it.runIf(supports.call('epoll_wait'))('with a duplicate is removed from the poller when it is closed', async () => {
    let connection: Connection | undefined
    const server = listen({ open: one => void (connection = one) })
    connected(server)
    await soon(() => connection !== undefined)
    const datagrams = bind({})
    const client = connect({ port: portOf(server) })
    for (const one of [connection!, client, datagrams, server]) {
      const { fd } = one
      const other = sys.fcntl(fd, F_DUPFD_CLOEXEC, 0) // as another process would have after SCM_RIGHTS
      onTestFinished(() => void sys.close(other))
      expect(watched()).toContain(fd)
      if ('destroy' in one) one.destroy()
      else one.close()
      expect(watched()).not.toContain(fd)
    }
  })
})

describe('a connect', () => {
  it('to a full Unix backlog waits for room', async () => {
    const path = newPath()
    const listener = closing(new Socket(AF_UNIX))
    listener.bind(path)
    listener.listen(0)
    const opened: number[] = []
    const clients = [0, 1, 2].map(i =>
      connect({
        path,
        open(one) {
          opened.push(i)
          one.write(` opened`)
        },
      }),
    )
    clients[2]!.write('early')
    await soon(() => opened.length > 0)
    expect(clients[2]!.connecting).toBe(true)
    const accepted = [0, 1, 2].map(() => null as unknown as Socket)
    for (let i = 0; i < 3; i++) {
      let one: Socket | undefined
      await soon(() => (one = listener.tryAccept()?.[0]) !== undefined)
      accepted[i] = closing(one!)
    }
    await soon(() => opened.length === 3)
    await soon(() => clients.every(({ queued }) => queued === 0))
    expect(accepted.map(one => one.recv(100).toString()).sort()).toEqual([' opened', ' opened', 'early opened'])
    for (const one of clients) one.destroy()
  })

  it('to a full Unix backlog ends with the listener, by its timeout, or by destroy', async () => {
    const path = newPath()
    const listener = new Socket(AF_UNIX)
    listener.bind(path)
    listener.listen(0)
    const reasons: (string | undefined)[] = []
    const close = (_: Connection, error?: Error): void => void reasons.push(error?.message)
    const first = connect({ path })
    connect({ path, close, timeout: 30 })
    await soon(() => reasons.length === 1)
    const third = connect({ path, close })
    third.destroy()
    connect({ path, close })
    await turns()
    listener.close()
    await soon(() => reasons.length === 3)
    expect(reasons).toEqual([`connect ETIMEDOUT ${path}`, undefined, `connect ECONNREFUSED ${path}`])
    first.destroy()
  })

  it('that fails has the address in its error', async () => {
    const error = await new Promise(resolve => connect({ port: 1, close: (_, reason) => resolve(reason) }))
    expect(error).toMatchObject({ message: 'connect ECONNREFUSED 127.0.0.1:1', address: '127.0.0.1', port: 1 })
    expect(thrown(() => connect({ path: newPath() }))).toMatchObject({
      code: 'ENOENT',
      path: join(folder, `${names - 1}`),
    })
  })
})

describe('a batch of datagrams', () => {
  it('can be continued after a message that the kernel refuses', () => {
    const receiver = closing(new Socket(AF_INET, SOCK_DGRAM))
    receiver.bind(['127.0.0.1', 0])
    const sender = closing(bind({}))
    const batch = new MessageBatch(4, 70_000)
    const messages = ['first', 'second', Buffer.alloc(66_000), 'fourth']
    messages.forEach((message, i) => batch.set(i, message, receiver.getsockname()))
    const error = thrown(() => sender.send(batch))
    expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'sendmmsg', sent: 2 })
    expect(thrown(() => sender.send(batch, 2, 2))).not.toHaveProperty('sent')
    expect(sender.send(batch, undefined, 3)).toBe(1)
    expect([1, 2, 3].map(() => receiver.recv(100).toString())).toEqual(['first', 'second', 'fourth'])
    expect(receiver.tryRecv(1)).toBeNull()
  })

  it('is continued in drain, also to the full queue of a Unix socket', async () => {
    const path = newPath()
    const receiver = closing(new Socket(AF_UNIX, SOCK_DGRAM))
    receiver.bind(path)
    const count = 200
    const batch = new MessageBatch(count, 10, { family: AF_UNIX })
    for (let i = 0; i < count; i++) batch.set(i, String(i), path)
    let sent = 0
    let drains = 0
    const go = (socket: DatagramSocket): void => void (sent += socket.send(batch, count - sent, sent))
    const sender = closing(bind({ path: newPath(), drain: socket => (drains++, go(socket)) }))
    go(sender)
    expect(sent).toBeLessThan(count)
    const got: string[] = []
    while (got.length < count) {
      const bytes = receiver.tryRecv(10)
      if (bytes === null) await turns(2)
      else got.push(bytes.toString())
    }
    expect(got).toEqual(Array.from({ length: count }, (_, i) => String(i)))
    expect(drains).toBeGreaterThan(0)
  })
})

describe('an interrupted call', () => {
  traced('of send is repeated', async () => {
    const program = `
      import { listen } from 'bsd-sockets/reactor'
      import { connect } from 'node:net'
      const server = listen({ data: (one, bytes) => void one.write(bytes) })
      connect(server.address.port, '127.0.0.1').end('echo').on('data', bytes => console.log(String(bytes)))
        .on('close', () => server.close())`
    const calls = join(folder, 'calls')
    const inject = ['-e', 'trace=sendto', '-e', 'inject=sendto:error=EINTR:when=1']
    const child = new Child('strace', ['-f', '-o', calls, ...inject, process.execPath, ...inline(program)])
    expect(await child.finished()).toBe('echo\n')
  })
})
