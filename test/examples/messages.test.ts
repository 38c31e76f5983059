// The examples of messages, control messages and other families.
import { AF_INET, AF_NETLINK, IPPROTO_ICMP, IPPROTO_UDP, NETLINK_ROUTE, SOCK_DGRAM, SOCK_RAW } from 'bsd-sockets'
import { Socket, supports, UDP_SEGMENT, whyNot } from 'bsd-sockets'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Child, example } from '../support/child.js'
import { inNamespace, noNamespace } from '../support/namespace.js'
import { allowed } from '../support/sockets.js'
import { root } from '../support/root.js'

// Linux has all of 127.0.0.0/8 as its own addresses, other systems have 127.0.0.1 alone.
const linux = process.platform === 'linux'
const compiled = (name: string): string => join(root, `build/programs/examples/${name}.js`)
const run = (name: string, ...args: string[]): Child => new Child(process.execPath, [compiled(name), ...args])

test.each(['broker', 'dns-server', 'journal', 'netlink-routes', 'pass-descriptors', 'ping', 'udp-gso'])(
  '%s --help',
  async name => {
    expect(await run(name, '--help').finished()).toMatch(new RegExp(`^usage: ${name}`))
  },
)

test.runIf(linux)('journal: lines, and the contents of files, with the processes that sent them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [path, file] = [join(folder, 'socket'), join(folder, 'entry')]
  const entry = Array.from({ length: 50_000 }, (_, i) => `line ${i}`).join('\n') // no datagram is so long
  writeFileSync(file, entry)
  const journal = run('journal', '--path', path)
  await journal.printed(/^listening on/)
  await run('journal', 'send', '--path', path, 'one', 'line').finished()
  await run('journal', 'send', '--path', path, '--file', file).finished()
  await journal.printed(/line 49999$/m)
  journal.process.kill('SIGINT')
  const lines = (await journal.finished()).split('\n')
  expect(lines.slice(1, 3)).toEqual([
    expect.stringMatching(/^process \d+: one line$/),
    expect.stringMatching(/^process \d+: line 0$/),
  ])
  expect(lines.slice(3).join('\n').trimEnd()).toBe(entry.slice(entry.indexOf('\n') + 1))
  expect(existsSync(path)).toBe(false)
})

describe('netlink-routes', () => {
  allowed(
    'lists the interfaces, addresses and routes of the system',
    whyNot.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE),
    async () => {
      const output = await run('netlink-routes').finished()
      for (const [name, list = []] of Object.entries(networkInterfaces())) {
        expect(output).toMatch(new RegExp(`^  \\d+: ${name} up mtu \\d+ ${list[0]!.mac}$`, 'm'))
        for (const { cidr } of list) expect(output).toContain(`\n  ${cidr} on ${name}\n`)
      }
      const routes = spawnSync('ip', ['-4', 'route'], { encoding: 'utf8' })
      if (routes.status !== 0) return
      for (const [, to, via, on] of routes.stdout.matchAll(/^(\S+)(?: via (\S+))? dev (\S+)/gm)) {
        expect(output).toContain(`  ${to}${via === undefined ? '' : ` via ${via}`} on ${on}\n`)
      }
    },
  )
})

describe('ping', () => {
  const answers = (socket: string): RegExp =>
    new RegExp(
      `^ping 127.0.0.1 over a ${socket} socket\n(64 bytes from 127.0.0.1: icmp_seq=\\d ttl=\\d+ time=[\\d.]+ ms\n){2}2 sent, 2 answered\n$`,
    )

  allowed('127.0.0.1, over a raw or a datagram socket', whyNot.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), async () => {
    expect(await run('ping', '--count', '2').finished()).toMatch(answers('(raw|datagram)'))
  })

  const reason = noNamespace()
  const ping = [process.execPath, compiled('ping'), '--count', '2']

  allowed('127.0.0.1 without root, where ping_group_range allows it', reason, async () => {
    expect(await new Child(...inNamespace('0 2147483647', ...ping)).finished()).toMatch(answers('datagram'))
  })

  allowed('is refused without root where ping_group_range does not allow it', reason, async () => {
    const child = new Child(...inNamespace('1 0', ...ping))
    expect(await child.ended).toMatchObject({ code: 1 })
    expect(child.stderr).toMatch(/PermissionError: socket E(PERM|ACCES)/)
  })

  allowed('reports a missing answer', reason, async () => {
    const drop = 'ip link set lo up && echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all && exec "$@"'
    const child = new Child('unshare', ['-n', 'sh', '-c', drop, '-', ...ping, '--timeout', '20'])
    expect(await child.ended).toMatchObject({ code: 1 })
    expect(child.stdout).toMatch(/no answer to icmp_seq=1\nno answer to icmp_seq=2\n2 sent, 0 answered\n$/)
  })
})

test('pass-descriptors: a file, a listener and a socket work in the second process', async () => {
  const output = await example('pass-descriptors').finished()
  expect(output).toMatch(/^second: the file is descriptor \d+ here, and begins with "\/\/ The first of tw"$/m)
  expect(output).toMatch(/^second: accepted a connection from \{ family: 'IPv4', address: '127.0.0.1', port: \d+ \}$/m)
  expect(output).toContain('first: a client got "hello from the process that accepted you"\n')
  expect(output).toContain('first: the other end said "hello from the process that was given this end"\n')
})

test('broker: the second process gets the files that the first one opens for it, and no others', async () => {
  const names = ['README.md', 'package.json', 'nowhere']
  const output = (await run('broker', ...names).finished()).replaceAll(/descriptor \d+/g, 'descriptor N')
  const sizes = names.slice(0, 2).map(name => `${name}: descriptor N, ${statSync(join(root, name)).size} bytes\n`)
  expect(output).toBe(`${sizes.join('')}nowhere: ENOENT\n/etc/shadow: not allowed\n`)
})

describe('dns-server', () => {
  const query = (port: number, name: string, host: string): Promise<string> =>
    run('dns-server', 'query', name, '--host', host, '--port', String(port)).finished()

  test('answers its own client, from the address that each query was sent to', async () => {
    const server = example('dns-server')
    const port = await server.port()
    const hosts = linux ? ['127.0.0.1', '127.0.0.2', '127.9.9.9'] : ['127.0.0.1']
    for (const host of hosts) expect(await query(port, 'destination.example.test', host)).toBe(`${host}\n`)
    expect(await query(port, 'ONE.example.test', '127.0.0.1')).toBe('192.0.2.1\n')
    expect(await query(port, 'none.example.test', '127.0.0.1')).toBe('no such name\n')
    for (const host of hosts) await server.printed(new RegExp(`sent to ${host}: destination.example.test`))
  })

  test('receives many queries with few calls, and answers invalid ones with an error', async () => {
    const server = example('dns-server')
    const port = await server.port()
    using client = new Socket(AF_INET, SOCK_DGRAM)
    client.settimeout(10_000)
    client.connect(['127.0.0.1', port])
    const header = (id: number): Buffer => Buffer.from([0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    const name = Buffer.from('\u0003two\u0007example\u0004test\0\0\u0001\0\u0001', 'latin1')
    const hostile = [Buffer.of(1), header(0), Buffer.concat([header(0), Buffer.of(63, 1)]), Buffer.alloc(512, 0xff)]
    server.process.kill('SIGSTOP') // the datagrams queue up meanwhile
    for (const datagram of hostile) client.send(datagram)
    for (let id = 1; id <= 20; id++) client.send(Buffer.concat([header(id), name]))
    server.process.kill('SIGCONT')
    for (const datagram of hostile) {
      const reply = client.recv(512)
      expect(reply[3]! & 15).toBe(1)
      expect(reply[0]).toBe(datagram[0])
    }
    for (let id = 1; id <= 20; id++) {
      const reply = client.recv(512)
      expect([reply[1], reply[3]! & 15, ...reply.subarray(-4)]).toEqual([id, 0, 192, 0, 2, 2])
    }
    await server.printed(/query 24 of 24/)
  })
})

describe('udp-gso', () => {
  test('delivers every datagram in each way; batches need fewer calls', async () => {
    const output = await example('udp-gso', '--count', '600').finished()
    const rows = [...output.matchAll(/(\d+) datagrams, (\d+) system calls/g)]
    const segments = supports.option(IPPROTO_UDP, UDP_SEGMENT)
    expect(rows.map(([, datagrams]) => datagrams)).toEqual(Array(segments ? 3 : 2).fill('600'))
    expect(Number(rows[0]![2])).toBe(1200)
    for (const [, , calls] of rows.slice(1)) expect(Number(calls)).toBeLessThan(600)
  })
})
