// The examples on the event loop: chat, splice-proxy, restart, happy-eyeballs and discovery.
import { createHash, randomBytes } from 'node:crypto'
import http from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { once } from 'node:events'
import { options, setOption, Socket, supports } from 'bsd-sockets'
import { describe, expect, onTestFinished, test } from 'vitest'
import { example, script } from '../support/child.js'
import { closedPort } from '../support/tcp.js'

/** A client of the chat. */
class Person {
  readonly #socket: net.Socket
  #heard = ''

  constructor(port: number) {
    this.#socket = net.connect(port, '127.0.0.1')
    this.#socket.setEncoding('utf8').on('data', text => (this.#heard += String(text)))
    onTestFinished(() => void this.#socket.destroy())
  }

  say(text: string): void {
    this.#socket.write(text)
  }

  async hears(line: string): Promise<void> {
    while (!this.#heard.includes(`${line}\n`)) await once(this.#socket, 'data')
  }

  get heard(): string {
    return this.#heard
  }

  leave(): void {
    this.#socket.destroy()
  }

  /** Waits until the server closes the connection. It is a reset where unread data is left. */
  disconnected(): Promise<void> {
    return new Promise(resolve => this.#socket.on('error', () => undefined).once('close', () => resolve()))
  }
}

describe('chat', () => {
  test('sends each line to the other clients, whole or in pieces', async () => {
    const server = example('chat')
    const port = await server.port()
    const [ann, bob] = [new Person(port), new Person(port)]
    await ann.hears('Who are you?')
    ann.say('Ann\n')
    await ann.hears('Here: nobody')
    bob.say('Bob\r\n')
    await bob.hears('Here: Ann')
    await ann.hears('* Bob has come')
    ann.say('hello, ')
    ann.say('Bób\nand how are you?\n')
    await bob.hears('Ann: hello, Bób')
    await bob.hears('Ann: and how are you?')
    bob.leave()
    await ann.hears('* Bob has gone')
    expect(ann.heard).not.toContain('Ann:')
    await server.printed(/^\* Bob has gone$/m)
  })

  test('disconnects a client whose line is too long', async () => {
    const rude = new Person(await example('chat').port())
    rude.say('x'.repeat(100_000))
    await rude.disconnected()
  })
})

const hashed = (data: Buffer): Buffer => Buffer.concat([createHash('sha256').update(data).digest(), data])

describe.runIf(supports.call('splice'))('splice-proxy', () => {
  test('relays both directions until each ends, for many clients at once', async () => {
    // The server reads to the end, then answers with the hash and the data.
    const server = net.createServer({ allowHalfOpen: true }, client => {
      const chunks: Buffer[] = []
      client.on('data', chunk => chunks.push(chunk))
      client.on('end', () => client.end(hashed(Buffer.concat(chunks))))
    })
    onTestFinished(() => void server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const proxy = await example('splice-proxy', '--to', `127.0.0.1:${port}`).port()
    const sizes = [0, 1, 65536, 8 << 20, ...Array.from({ length: 40 }, (_, i) => 1000 * i)]
    const outcomes = sizes.map(async size => {
      const data = randomBytes(size)
      const client = net.connect({ port: proxy, host: '127.0.0.1', allowHalfOpen: true })
      client.end(data)
      return (await buffer(client)).equals(hashed(data))
    })
    expect(await Promise.all(outcomes)).toEqual(sizes.map(() => true))
  })

  test('closes the client where nobody listens', async () => {
    const proxy = example('splice-proxy', '--to', `127.0.0.1:${closedPort()}`)
    const client = net.connect(await proxy.port(), '127.0.0.1')
    expect(await buffer(client)).toHaveLength(0)
    await proxy.printed(/^connect ECONNREFUSED/m)
  })
})

test('restart: refuses no client under load, from one process to the next', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'restart-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const control = join(folder, 'control')
  const first = example('restart', '--control', control)
  const port = await first.port()

  const answers = new Map<string, number>()
  const failures: unknown[] = []
  let loading = true
  async function load(): Promise<void> {
    while (loading) {
      try {
        const request = http.get({ host: '127.0.0.1', port, agent: false }) // a new connection for each request
        const [response] = (await once(request, 'response')) as [http.IncomingMessage]
        const answer = String(await buffer(response))
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  const clients = Array.from({ length: 16 }, load)

  const served = [first]
  for (let i = 0; i < 3; i++) {
    const before = served.at(-1)!
    const next = example('restart', '--control', control)
    served.push(next)
    expect(await next.port()).toBe(port)
    await before.printed(/^leaving$/m)
    expect(await before.finished()).toMatch(/leaving\n$/)
    const answer = `served by ${next.pid}\n`
    while ((answers.get(answer) ?? 0) < 20) await new Promise(resolve => setImmediate(resolve))
  }
  loading = false
  await Promise.all(clients)
  expect(failures).toEqual([])
  expect([...answers.keys()].sort()).toEqual(served.map(({ pid }) => `served by ${pid}\n`).sort())
})

describe('happy-eyeballs', () => {
  test('connects to the first address that answers', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const output = await example('happy-eyeballs', 'localhost', '--port', String(port)).finished()
    expect(output).toMatch(/^(localhost is \S+\n)+connected to 127\.0\.0\.1\n$/)
  })

  test('reports the error of each address where none answers', async () => {
    const client = example('happy-eyeballs', '127.0.0.1', '--port', String(closedPort()))
    expect(await client.ended).toMatchObject({ code: 1 })
    expect(client.stdout).toMatch(/^127\.0\.0\.1 is 127\.0\.0\.1\nconnect ECONNREFUSED 127\.0\.0\.1:\d+\n$/)
  })
})

test('restart: survives a client that resets before it is accepted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'restart-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const server = example('restart', '--control', join(folder, 'control'))
  const address = { family: 'IPv4', address: '127.0.0.1', port: await server.port() } as const
  for (let i = 0; i < 50; i++) {
    const client = new Socket()
    setOption(client, options.linger, { on: true, seconds: 0 })
    client.connect(address)
    client.close() // sends a reset
  }
  expect(await (await fetch(`http://127.0.0.1:${address.port}`)).text()).toBe(`served by ${server.pid}\n`)
})

test('discovery: every member of the group answers', async () => {
  const here = ['--interface', '127.0.0.1']
  const one = example('discovery', 'announce', '--name', 'one', ...here)
  const port = String(await one.port())
  await example('discovery', 'announce', '--name', 'two', ...here, '--port', port).port()
  const output = await example('discovery', ...here, '--port', port).finished()
  expect(output.split('\n').sort()).toEqual([
    '',
    expect.stringMatching(/^one at \d+\.\d+\.\d+\.\d+:\d+$/),
    expect.stringMatching(/^two at \d+\.\d+\.\d+\.\d+:\d+$/),
  ])
})

test('readable() and writable() of a promises socket wait and take no data', async () => {
  const output = await script(`
    import { trySplice } from 'bsd-sockets'
    import { Socket } from 'bsd-sockets/promises'
    const [one, other] = Socket.pair()
    await one.writable()
    const waiting = other.readable().then(() => 'readable')
    console.log(await Promise.race([waiting, 'waits']))
    await one.send('x')
    console.log(await waiting, other.tryRecv(8).toString())
    while (one.trySend(Buffer.alloc(65536)) !== null);
    const full = one.writable().then(() => 'writable')
    console.log(await Promise.race([full, 'waits']))
    while (other.tryRecv(65536) !== null);
    console.log(await full)
    const ended = other.readable()
    one.close()
    await ended
    console.log(await other.recv(8))
    other.close()
    await other.readable().catch(error => console.log(error.message))`).finished()
  expect(output).toBe('waits\nreadable x\nwaits\nwritable\n<Buffer >\npoll EBADF\n')
})
