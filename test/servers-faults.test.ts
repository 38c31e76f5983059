// What a server survives: calls that fail for one client, or since the kernel lacks something for a while; and a stop while
// clients wait to be accepted. In every mode, of both programs, in both languages.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { start } from './echo-server.js'
import { tool } from './tools.js'

const bin = join(dirname(import.meta.dirname), 'bin/bsd-sockets.js')
const modes = ['blocking', 'threads', 'select', 'poll', 'epoll']
const both = [...modes.map(mode => ['c', mode]), ...[...modes, 'promises', 'reactor'].map(mode => ['ts', mode])]
const table = ['echo', 'http'].flatMap(program => both.map(([lang, mode]) => [program, lang!, mode!] as const))

const request = { echo: 'hello', http: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' }
const answered = { echo: /^hello$/, http: /hello world\n$/ }
const keptAlive = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
type Program = keyof typeof request

const serve = (program: string, lang: string, mode: string, ...options: string[]): ReturnType<typeof start> => {
  const command = lang === 'c' ? [join(dirname(bin), '../build/Release', program)] : [process.execPath, bin, program]
  return start([...command, '--mode', mode, '--port', '0', ...options])
}
type Server = Awaited<ReturnType<typeof serve>>

/** Sends a request, and what comes until the server closes. */
async function ask(client: Socket, program: Program): Promise<string> {
  client.on('error', () => undefined)
  client.end(request[program])
  return buffer(client).then(String, String)
}

describe('a stop', () => {
  test.each(table)('%s in %s, %s: who has connected by then is served', async (program, lang, mode) => {
    const server = await serve(program, lang, mode)
    server.child.kill('SIGSTOP')
    const clients = await Promise.all(Array.from({ length: 12 }, () => server.connect()))
    await Promise.all(clients.map(client => new Promise(resolve => client.write(request[program as Program], resolve))))
    server.child.kill('SIGTERM')
    server.child.kill('SIGCONT')
    for (const client of clients) client.end()
    const answers = await Promise.all(clients.map(client => buffer(client)))
    for (const answer of answers) expect(String(answer)).toMatch(answered[program as Program])
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('a client of http that does not read what it asks for', () => {
  const large = `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n${'x'.repeat(500_000)}`

  test.each(both)('and then resets, %s, %s: is forgotten, and a stop does not wait for it', async (lang, mode) => {
    const server = await serve('http', lang, mode, '--write-timeout', '300')
    for (const patience of [0, 1000]) {
      const client = await server.connect()
      client.on('error', () => undefined).pause()
      client.write(large.repeat(40))
      for (let before = -1; client.bytesWritten - client.writableLength > before; await sleep(50))
        before = client.bytesWritten - client.writableLength
      if (patience === 0) client.resetAndDestroy()
      await sleep(patience)
      client.destroy()
      if (mode !== 'blocking' || patience > 0)
        expect(await ask(await server.connect(), 'http')).toMatch(/hello world\n$/)
    }
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
  })
})

const traced = process.platform === 'linux' && tool('strace')

// Those that wait for something else than each other, as V8's and libuv's do: the first is the process's, the second V8's clock,
// the third serves in the modes of which the last may be a client's.
function threadsOf({ child: { pid } }: Server): number[] {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number)
  return threads.filter(thread => !readFileSync(`/proc/${pid}/task/${thread}/wchan`, 'utf8').startsWith('futex'))
}

/** The thread that serves. */
async function threadOf(server: Server, program: Program, lang: string, mode: string): Promise<number> {
  await ask(await server.connect(), program) // it is there by now
  return lang === 'c' || mode === 'promises' || mode === 'reactor' ? server.child.pid! : threadsOf(server)[2]!
}

/** Makes calls of a thread fail, from now until `end`. The kernel does not see them. strace(1) */
async function inject(thread: number, calls: string, errno: string, when: string) {
  const args = ['-o', '/dev/null', '-p', `${thread}`, '-e', `trace=${calls}`]
  const strace = spawn('strace', [...args, '-e', `inject=${calls}:error=${errno}:when=${when}`])
  const exit = once(strace, 'exit')
  onTestFinished(() => void strace.kill('SIGKILL'))
  const [said] = (await once(strace.stderr.setEncoding('utf8'), 'data')) as [string]
  expect(said).toContain('attached')
  return async (): Promise<void> => {
    strace.kill('SIGINT')
    await exit
  }
}

// What passes holds up everybody, and nobody is lost.
const accept = ['accept,accept4', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM', 'ECONNABORTED', 'EPROTO']
const passing: Record<string, string[][]> = {
  blocking: [accept, ['poll,ppoll', 'ENOMEM']],
  threads: [accept, ['poll,ppoll', 'ENOMEM']],
  select: [accept, ['select,pselect6', 'ENOMEM']],
  poll: [accept, ['poll,ppoll', 'ENOMEM']],
  epoll: [accept],
  promises: [accept],
  reactor: [accept],
}

// What fails for one client may lose that one.
const ownFault = [
  ['recvfrom', 'ECONNRESET', 'EIO', 'ENOMEM'],
  ['sendto', 'ECONNRESET', 'EIO', 'ENOBUFS', 'ENOMEM'],
]
const watching = [['epoll_ctl', 'ENOMEM', 'ENOSPC']]
const ofOne: Record<string, string[][]> = {
  blocking: ownFault,
  threads: [],
  select: ownFault,
  poll: ownFault,
  epoll: [...ownFault, ...watching],
  promises: [...ownFault, ...watching],
  reactor: [...ownFault, ...watching],
}

/** What there is on standard error: nothing but lines of the server's own. */
const reports = /^((bsd-sockets|echo|http): .*\n)*$/

describe.skipIf(!traced)(`calls that fail${traced ? '' : ' (skipped: no strace)'}`, () => {
  test.each(table)('%s in %s, %s: what passes is waited for', async (program, lang, mode) => {
    const server = await serve(program, lang, mode)
    const thread = await threadOf(server, program as Program, lang, mode)
    for (const [calls, ...errnos] of passing[mode]!) {
      for (const errno of errnos) {
        const end = await inject(thread, calls!, errno, '1')
        expect(await ask(await server.connect(), program as Program), `${calls} ${errno}`).toMatch(
          answered[program as Program],
        )
        await end()
      }
    }
    const { stderr } = await server.stop()
    expect(stderr).toMatch(reports)
  })

  test.each(table)("%s in %s, %s: one client's fault is that client's", async (program, lang, mode) => {
    const server = await serve(program, lang, mode)
    const thread = await threadOf(server, program as Program, lang, mode)
    for (const [calls, ...errnos] of ofOne[mode]!) {
      for (const errno of errnos) {
        const end = await inject(thread, calls!, errno, '1')
        await ask(await server.connect(), program as Program)
        await end()
        expect(await ask(await server.connect(), program as Program), `${calls} ${errno}`).toMatch(
          answered[program as Program],
        )
      }
    }
    const { stderr } = await server.stop()
    expect(stderr).toMatch(reports)
  })

  // Of the thread that closes the client next: Node aborts where it cannot close a descriptor of its own, in other threads.
  test.each(table)('%s in %s, %s: close', async (program, lang, mode) => {
    const server = await serve(program, lang, mode)
    const serving = await threadOf(server, program as Program, lang, mode)
    const first = await server.connect()
    first.on('error', () => undefined).write(keptAlive)
    await once(first, 'data')
    const thread = mode === 'threads' && lang === 'ts' ? threadsOf(server).at(-1)! : serving
    const end = await inject(thread, 'close', 'EIO', '1')
    first.end()
    await new Promise(resolve => setTimeout(resolve, 100))
    await end()
    first.destroy()
    expect(await ask(await server.connect(), program as Program)).toMatch(answered[program as Program])
    const { stderr } = await server.stop()
    expect(stderr).toMatch(reports)
  })
})
