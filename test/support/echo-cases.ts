// What every echo server does, in whatever language.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exchange, roundTrip, start } from './echo-server.js'

const MiB = 1024 * 1024
const hasIpv6 = Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === '::1'))

export interface EchoServer {
  /** What to run, before the options. */
  readonly command: readonly string[]
  /** Those of --mode, `blocking` first. */
  readonly modes: readonly string[]
  /** How many descriptors are enough for it, and too few for 40 clients. */
  readonly limit: number
  /** All that it may print on standard error when it has too few. */
  readonly exhausted: RegExp
}

export function declareEchoCases({ command, modes, limit, exhausted }: EchoServer): void {
  const concurrent = modes.slice(1)
  describe.each(modes)('--mode %s', mode => {
    const inet = ['--mode', mode, '--port', '0']

    test('sends back 4 MiB byte for byte, to the end', async () => {
      const server = await start([...command, ...inet])
      const data = randomBytes(4 * MiB)
      expect((await exchange(await server.connect(), data)).equals(data)).toBe(true)
      await server.stop()
    })

    test('closes when the client has sent nothing and closes', async () => {
      const server = await start([...command, ...inet])
      expect(await exchange(await server.connect(), Buffer.alloc(0))).toHaveLength(0)
      await server.stop()
    })

    test('waits for a client that does not read, and loses nothing', async () => {
      const server = await start([...command, ...inet])
      const client = await server.connect()
      const data = randomBytes(24 * MiB)
      client.end(data)
      if (mode !== 'blocking') {
        const other = await server.connect()
        await roundTrip(other, 'meanwhile')
        other.end()
      }
      // It is more than the kernel's buffers hold.
      expect(client.writableFinished).toBe(false)
      expect((await buffer(client)).equals(data)).toBe(true)
      await server.stop()
    })

    test('SIGTERM: what has arrived is sent back, then it ends', async () => {
      const server = await start([...command, ...inet])
      const client = await server.connect()
      await roundTrip(client, 'accepted')
      server.child.kill('SIGSTOP')
      const data = randomBytes(32 * 1024)
      await new Promise(resolve => client.write(data, resolve))
      server.child.kill('SIGTERM')
      server.child.kill('SIGCONT')
      const rest = await buffer(client)
      client.end()
      expect(rest.equals(data)).toBe(true)
      expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
    })

    test('SIGINT: idle clients are told, and it ends', async () => {
      const server = await start([...command, ...inet])
      const client = await server.connect()
      await roundTrip(client, 'idle')
      server.child.kill('SIGINT')
      expect(await buffer(client)).toHaveLength(0)
      expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
    })

    test('a second signal ends it at once', async () => {
      const server = await start([...command, ...inet])
      const client = await server.connect()
      client.write(randomBytes(24 * MiB))
      client.on('error', () => undefined)
      await once(client, 'readable')
      server.child.kill('SIGINT')
      server.child.kill('SIGTERM')
      expect((await server.ended).signal).toMatch(/^SIG(INT|TERM)$/)
    })

    test.skipIf(!hasIpv6)(`IPv6${hasIpv6 ? '' : ': skipped, this machine has no ::1'}`, async () => {
      const server = await start([...command, ...inet, '--host', '::1'])
      expect(server.where).toMatch(/^\[::1\]:\d+$/)
      const client = await server.connect()
      await roundTrip(client, 'six')
      client.end()
      await server.stop()
    })

    test('--path: a Unix socket, which is removed in the end', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'echo-'))
      onTestFinished(() => rmSync(directory, { recursive: true }))
      const path = join(directory, 'socket')
      const server = await start([...command, '--mode', mode, '--path', path])
      expect(server.where).toBe(path)
      const data = randomBytes(4 * MiB)
      expect((await exchange(await server.connect(), data)).equals(data)).toBe(true)
      await server.stop()
      expect(existsSync(path)).toBe(false)
    })
  })

  describe.each(concurrent)('--mode %s', mode => {
    const inet = ['--mode', mode, '--port', '0']

    test('serves 50 clients at the same time', async () => {
      const server = await start([...command, ...inet])
      const clients = await Promise.all(Array.from({ length: 50 }, () => server.connect()))
      await Promise.all(clients.map((client, index) => roundTrip(client, `client ${index}`)))
      const data = randomBytes(MiB / 4)
      const answers = await Promise.all(clients.map(client => exchange(client, data)))
      expect(answers.every(answer => answer.equals(data))).toBe(true)
      await server.stop()
    })

    test('out of descriptors: those that wait are served when others close', async () => {
      const server = await start([...command, ...inet], limit)
      const clients = await Promise.all(Array.from({ length: 40 }, () => server.connect()))
      const answers = await Promise.all(clients.map(client => exchange(client, Buffer.from('hello'))))
      expect(answers.map(String)).toEqual(clients.map(() => 'hello'))
      const { stderr } = await server.stop()
      expect(stderr).toMatch(exhausted)
    })
  })

  test('--mode blocking serves one client after the other', async () => {
    const server = await start([...command, '--mode', 'blocking', '--port', '0'])
    const first = await server.connect()
    await roundTrip(first, 'first')
    const second = await server.connect()
    const order: string[] = []
    const answered = roundTrip(second, 'second').then(() => order.push('second'))
    await roundTrip(first, 'first again')
    order.push('first')
    first.end()
    await answered
    expect(order).toEqual(['first', 'second'])
    second.end()
    await server.stop()
  })

  // Otherwise a client that is gone without a word, and is owed nothing, keeps its descriptor for ever. proc_net_tcp.txt: the column `tr`
  test.skipIf(process.platform !== 'linux')('an idle client is probed: keep-alive', async () => {
    const server = await start([...command, '--mode', 'epoll', '--port', '0'])
    const client = await server.connect()
    await roundTrip(client, 'hello')
    const established = `:${server.port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]+:[0-9A-F]{4} 01`
    const timer = new RegExp(`${established} [0-9A-F]+:[0-9A-F]+ (..):`)
    await expect.poll(() => timer.exec(readFileSync('/proc/net/tcp', 'latin1'))?.[1]).toBe('02')
    client.end()
    await server.stop()
  })

  test('--mode select closes a client whose descriptor is not below FD_SETSIZE', async () => {
    const null_ = openSync('/dev/null', 'r')
    onTestFinished(() => closeSync(null_))
    const taken = Array<number>(980).fill(null_)
    const server = await start([...command, '--mode', 'select', '--port', '0'], undefined, taken)
    const clients = await Promise.all(Array.from({ length: 64 }, () => server.connect()))
    expect(await buffer(clients.at(-1)!)).toHaveLength(0)
    await roundTrip(clients[0]!, 'below')
    for (const client of clients) client.end()
    const { stderr } = await server.stop()
    expect(stderr).toMatch(/select: descriptor 1024 is not below FD_SETSIZE \(1024\)\n$/)
  })

  test('does not wait for ever for clients that do not close', async () => {
    const endings = modes.map(async mode => {
      const server = await start([...command, '--mode', mode, '--port', '0'])
      const client = await server.connect()
      await roundTrip(client, 'hello')
      client.resume()
      await server.stop()
    })
    await Promise.all(endings)
  })
}
