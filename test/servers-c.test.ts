import { spawn, type StdioOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'

const program = join(dirname(import.meta.dirname), 'build/Release/echo')
const modes = ['blocking', 'threads', 'select', 'poll', 'epoll']
const concurrent = modes.slice(1)
const MiB = 1024 * 1024
const hasIpv6 = Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === '::1'))

interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the program; with `limit` it may open that many descriptors, and `inherited` are open in it already. */
function run(args: readonly string[], limit?: number, inherited: readonly number[] = []) {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...inherited]
  const shell = ['-c', `ulimit -n ${limit} && exec "$0" "$@"`, program, ...args]
  const child = limit === undefined ? spawn(program, args, { stdio }) : spawn('sh', shell, { stdio })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ending>(resolve =>
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  )
  return { child, ended, output: () => stdout }
}

async function start(args: readonly string[], limit?: number, inherited?: readonly number[]) {
  const { child, ended, output } = run(args, limit, inherited)
  while (!output().endsWith('\n')) {
    const ending = await Promise.race([ended, once(child.stdout!, 'data').then(() => undefined)])
    if (ending !== undefined) throw new Error(`the server did not start: ${JSON.stringify(ending)}`)
  }
  const where = /^listening on (.*)\n$/.exec(output())![1]!
  const separator = where.lastIndexOf(':')
  const port = Number(where.slice(separator + 1))
  const host = where.slice(0, separator).replace(/[[\]]/g, '')
  return {
    child,
    where,
    port,
    async connect(): Promise<Socket> {
      const options = where.startsWith('/') ? { path: where } : { port, host }
      const client = connect({ ...options, allowHalfOpen: true })
      onTestFinished(() => void client.destroy())
      await once(client, 'connect')
      return client
    },
    /** Sends SIGTERM, and expects a graceful end that printed nothing more. */
    async stop(): Promise<Ending> {
      child.kill('SIGTERM')
      const ending = await ended
      expect(ending).toMatchObject({ code: 0, signal: null, stdout: `listening on ${where}\n` })
      return ending
    },
    ended,
  }
}

/** Waits for so many bytes. */
async function receive(client: Socket, size: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let left = size; left > 0;) {
    const chunk = client.read(Math.min(left, client.readableLength || 1)) as Buffer | null
    if (chunk === null) {
      if (client.readableEnded) throw new Error(`ended with ${left} bytes left`)
      await Promise.race([once(client, 'readable'), once(client, 'end')])
      continue
    }
    chunks.push(chunk)
    left -= chunk.length
  }
  return Buffer.concat(chunks)
}

/** Sends, says that this is all, and returns all that comes until the server closes. */
async function exchange(client: Socket, data: Uint8Array): Promise<Buffer> {
  client.end(data)
  return buffer(client)
}

async function roundTrip(client: Socket, text: string): Promise<void> {
  client.write(text)
  expect((await receive(client, text.length)).toString()).toBe(text)
}

describe.each(modes)('echo --mode %s', mode => {
  const inet = ['--mode', mode, '--port', '0']

  test('sends back 4 MiB byte for byte, to the end', async () => {
    const server = await start(inet)
    const data = randomBytes(4 * MiB)
    expect((await exchange(await server.connect(), data)).equals(data)).toBe(true)
    await server.stop()
  })

  test('closes when the client has sent nothing and closes', async () => {
    const server = await start(inet)
    expect(await exchange(await server.connect(), Buffer.alloc(0))).toHaveLength(0)
    await server.stop()
  })

  test('waits for a client that does not read, and loses nothing', async () => {
    const server = await start(inet)
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
    const server = await start(inet)
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
    const server = await start(inet)
    const client = await server.connect()
    await roundTrip(client, 'idle')
    server.child.kill('SIGINT')
    expect(await buffer(client)).toHaveLength(0)
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('a second signal ends it at once', async () => {
    const server = await start(inet)
    const client = await server.connect()
    client.write(randomBytes(24 * MiB))
    client.on('error', () => undefined)
    await once(client, 'readable')
    server.child.kill('SIGINT')
    server.child.kill('SIGTERM')
    expect((await server.ended).signal).toMatch(/^SIG(INT|TERM)$/)
  })

  test.skipIf(!hasIpv6)(`IPv6${hasIpv6 ? '' : ': skipped, this machine has no ::1'}`, async () => {
    const server = await start([...inet, '--host', '::1'])
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
    const server = await start(['--mode', mode, '--path', path])
    expect(server.where).toBe(path)
    const data = randomBytes(4 * MiB)
    expect((await exchange(await server.connect(), data)).equals(data)).toBe(true)
    await server.stop()
    expect(existsSync(path)).toBe(false)
  })
})

describe.each(concurrent)('echo --mode %s', mode => {
  const inet = ['--mode', mode, '--port', '0']

  test('serves 50 clients at the same time', async () => {
    const server = await start(inet)
    const clients = await Promise.all(Array.from({ length: 50 }, () => server.connect()))
    await Promise.all(clients.map((client, index) => roundTrip(client, `client ${index}`)))
    const data = randomBytes(MiB / 4)
    const answers = await Promise.all(clients.map(client => exchange(client, data)))
    expect(answers.every(answer => answer.equals(data))).toBe(true)
    await server.stop()
  })

  test('out of descriptors: those that wait are served when others close', async () => {
    const server = await start(inet, 20)
    const clients = await Promise.all(Array.from({ length: 40 }, () => server.connect()))
    const answers = await Promise.all(clients.map(client => exchange(client, Buffer.from('hello'))))
    expect(answers.map(String)).toEqual(clients.map(() => 'hello'))
    const { stderr } = await server.stop()
    expect(stderr).toMatch(/^(echo: accept: Too many open files\n)*$/)
  })
})

test('echo --mode blocking serves one client after the other', async () => {
  const server = await start(['--mode', 'blocking', '--port', '0'])
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

test('echo --mode select closes a client whose descriptor is not below FD_SETSIZE', async () => {
  const null_ = openSync('/dev/null', 'r')
  onTestFinished(() => closeSync(null_))
  // Descriptors 0 to 1020 are taken: the stop's pipe and the listener are the last that fit.
  const server = await start(['--mode', 'select', '--port', '0'], undefined, Array<number>(1018).fill(null_))
  const client = await server.connect()
  expect(await buffer(client)).toHaveLength(0)
  const { stderr } = await server.stop()
  expect(stderr).toBe('echo: select: descriptor 1024 is not below FD_SETSIZE (1024)\n')
})

test('echo does not wait for ever for clients that do not close', async () => {
  const endings = modes.map(async mode => {
    const server = await start(['--mode', mode, '--port', '0'])
    const client = await server.connect()
    await roundTrip(client, 'hello')
    client.resume()
    await server.stop()
  })
  await Promise.all(endings)
})

test('echo takes epoll when no mode is given, and says so', async () => {
  const { code, stdout } = await run(['--help']).ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/--mode blocking\|threads\|select\|poll\|epoll\n.*\(default epoll\)/)
  expect(stdout).toMatch(/--port N\n.*\(default 9999\)/)
})

test.each([
  [['--mode', 'uring'], '--mode'],
  [['--mode'], '--mode'],
  [['--port', '65536'], '--port'],
  [['--port', '-1'], '--port'],
  [['--port', '80x'], '--port'],
  [['--port='], '--port'],
  [['--backlog', 'many'], '--backlog'],
  [['--host', 'localhost'], '--host'],
  [['--host', ''], '--host'],
  [['--path'], '--path'],
  [['--path', 'socket', '--port', '1'], '--port'],
  [['--colour', 'red'], '--colour'],
  [['9999'], '9999'],
])('echo %j is wrong usage', async (args, option) => {
  const { code, stdout, stderr } = await run(args).ended
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(new RegExp(`^echo: ${option}: .*\n$`))
})

test('echo names the call that failed, and where', async () => {
  const server = await start(['--port', '0'])
  const second = await run(['--port', `${server.port}`]).ended
  expect(second).toMatchObject({ code: 1, stdout: '', stderr: `echo: bind ${server.where}: Address already in use\n` })
  await server.stop()
})

test('echo leaves a file alone that is in its way', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'echo-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'file')
  writeFileSync(path, 'mine')
  const stderr = `echo: bind ${path}: Address already in use\n`
  expect(await run(['--path', path]).ended).toMatchObject({ code: 1, stdout: '', stderr })
  expect(existsSync(path)).toBe(true)
  const long = join(directory, 'x'.repeat(200))
  expect(await run(['--path', long]).ended).toMatchObject({
    code: 1,
    stderr: `echo: bind ${long}: File name too long\n`,
  })
})
