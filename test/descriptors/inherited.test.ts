// No descriptor is inherited by a program that the process starts: each is close-on-exec from its creation on.
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { script } from '../support/child.js'
import { start } from '../support/echo-server.js'
import { modesInC } from '../support/modes.js'
import { root } from '../support/root.js'

test('descriptors of every floor', async () => {
  const program = `
    import { readFileSync } from 'node:fs'
    import * as all from 'bsd-sockets'
    import * as promises from 'bsd-sockets/promises'
    import * as reactor from 'bsd-sockets/reactor'
    import { fileHandler, serve } from 'bsd-sockets/http'
    import { toDuplex, toWeb } from 'bsd-sockets/streams'
    import * as sys from 'bsd-sockets/syscalls'
    const { F_GETFD, FD_CLOEXEC, Socket } = all
    const open = () => new Set(Array.from({ length: 1000 }, (_, fd) => fd).filter(fd => sys.fcntl(fd, F_GETFD) >= 0))
    const before = open()
    const kept = []
    process.on('SIGUSR2', () => undefined)

    const server = all.createServer(['127.0.0.1', 0])
    const client = all.createConnection(['127.0.0.1', server.getsockname().port])
    const [left, right] = Socket.pair()
    left.settimeout(5)
    try { left.recv(1) } catch {} // a first wait: it makes what signals are reported by
    kept.push(server, client, ...server.accept(), left, right, client.dup(), new Socket(all.AF_UNIX, all.SOCK_DGRAM))
    left.sendFds('x', [server, client])
    kept.push(...right.recvFds(1, 2).fds)
    kept.push(new all.Selector())
    if (process.platform === 'linux') kept.push(all.memfd('x'), ...all.pipe(), new all.Epoll())

    const listener = await promises.createServer(['127.0.0.1', 0])
    const connection = await promises.createConnection(['127.0.0.1', listener.getsockname().port])
    kept.push(listener, connection, ...(await listener.accept()), ...promises.Socket.pair())
    const handlers = { open() {}, data() {} }
    const pool = reactor.listen(handlers)
    kept.push(pool, reactor.connect({ ...handlers, port: pool.address.port }), reactor.bind({ message() {} }))
    kept.push(toDuplex(promises.Socket.pair()[0]), toWeb(promises.Socket.pair()[0]))
    const web = serve(fileHandler(process.cwd()), { port: 0 })
    kept.push(web, await fetch('http://127.0.0.1:' + web.port + '/package.json').then(answer => answer.text()))

    const made = [...open()].filter(fd => !before.has(fd))
    const inherited = made.filter(fd => (sys.fcntl(fd, F_GETFD) & FD_CLOEXEC) === 0)
    console.log(made.length > 25, JSON.stringify(inherited))
    process.exit()`
  expect(await script(program).finished()).toBe('true []\n')
})

const O_CLOEXEC = 0o2000000 // open(2)

/** The open descriptors of a process that its children would inherit, without the standard ones. proc(5) */
function inheritedOf(pid: number): string[] {
  const folder = `/proc/${pid}/fdinfo`
  return readdirSync(folder).filter(fd => {
    if (Number(fd) < 3 || !existsSync(join(folder, fd))) return false // readdir's own is closed by now
    const [, flags] = /^flags:\s+(\d+)$/m.exec(readFileSync(join(folder, fd), 'utf8'))!
    return (Number.parseInt(flags!, 8) & O_CLOEXEC) === 0
  })
}

const echo = [process.execPath, join(root, 'bin/bsd-sockets.js'), 'echo']
const servers = [
  ...modesInC.map(mode => ['C', mode, [join(root, 'build/Release/echo')]] as const),
  // Of the event loop, of a thread for each client, and of a thread for all: the modes that are left out are of the last kind.
  ...['reactor', 'threads', 'epoll'].map(mode => ['TypeScript', mode, echo] as const),
]
const linux = process.platform === 'linux'
if (!linux) console.warn('skipped: only Linux shows the flags of the descriptors of another process')

test.runIf(linux).each(servers)('descriptors of echo in %s --mode %s with a client', async (_, mode, command) => {
  const server = await start([...command, '--mode', mode, '--port', '0'])
  const client = await server.connect()
  client.write('hello')
  expect(String((await once(client, 'data'))[0])).toBe('hello')
  const before = inheritedOf(process.pid) // this process has got them itself
  expect(inheritedOf(server.child.pid!).filter(fd => !before.includes(fd))).toEqual([])
})
