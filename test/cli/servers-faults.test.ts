// What a server survives: calls that fail for one client, or since the kernel lacks something for a while; and a stop while
// clients wait to be accepted. In every mode, of both programs, in both languages.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { start } from '../support/echo-server.js'
import { modesInC, modesInTypeScript } from '../support/modes.js'
import { tool } from '../support/tools.js'
import { root } from '../support/root.js'

const bin = join(root, 'bin/bsd-sockets.js')
const both = [...modesInC.map(mode => ['c', mode]), ...modesInTypeScript.map(mode => ['ts', mode])]
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

test.each(modesInTypeScript)('echo in ts, %s: nothing that it needs is collected', async mode => {
  const gc = ['--expose-gc', '--import', 'data:text/javascript,setInterval(gc, 20).unref()']
  const server = await start([process.execPath, ...gc, bin, 'echo', '--mode', mode, '--port', '0'])
  for (let i = 0; i < 3; i++) expect(await served(server, 'echo')).toBe('hello')
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(await server.stop()).toMatchObject({ code: 0, stderr: '' })
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

const served = async (server: Server, program: Program): Promise<string> => ask(await server.connect(), program)

const traced = tool('strace')

/** strace(1) with these arguments, once it traces. */
async function trace(...args: string[]) {
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void strace.kill('SIGKILL'))
  const closed = once(strace, 'close')
  let said = ''
  strace.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const tracer = {
    said: (word: RegExp) => word.exec(said),
    heard: async (word: RegExp): Promise<void> => {
      while (!word.test(said)) {
        const ended = await Promise.race([once(strace.stderr, 'data').then(() => false), closed.then(() => true)])
        if (ended && !word.test(said)) throw new Error(`strace has ended before ${word}: ${said}`)
      }
    },
    leave: async (): Promise<void> => {
      strace.kill('SIGINT')
      await closed
    },
  }
  await tracer.heard(/attached/)
  return tracer
}

/** The thread that makes one of these calls when `act` has the server do so: again, where strace(1) was not there yet. */
async function threadOf({ child: { pid } }: Server, calls: string, act: () => Promise<unknown>): Promise<number> {
  const tracer = await trace('-f', '-p', `${pid}`, '-e', `trace=${calls}`, '-e', 'signal=none')
  let made: RegExpExecArray | null
  do {
    await act()
    made = tracer.said(/^(?:\[pid +(\d+)\] )?[^ ].* = \d/m) // where there is one thread it is not named
  } while (made === null)
  await tracer.leave()
  return Number(made[1] ?? pid)
}

/**
 * Makes the next of these calls of a thread fail; the kernel does not see it. Waits for that call in the end: a tracer that
 * left in the midst of it would have it fail with ENOSYS.
 */
async function inject(thread: number, calls: string, errno: string) {
  const args = ['-p', `${thread}`, '-e', `trace=${calls}`, '-e', `inject=${calls}:error=${errno}:when=1`]
  const tracer = await trace(...args)
  return async (): Promise<void> => {
    await tracer.heard(/INJECTED/)
    await tracer.leave()
  }
}

// What passes holds up everybody, and nobody is lost: this, and what more of a mode's own.
const accept = ['accept,accept4', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM', 'ECONNABORTED', 'EPROTO']
const passing: Record<string, string[][]> = {
  blocking: [['poll,ppoll', 'ENOMEM']],
  threads: [['poll,ppoll', 'ENOMEM']],
  select: [['select,pselect6', 'ENOMEM']],
  poll: [['poll,ppoll', 'ENOMEM']],
}

// What fails for one client may lose that one: this, and what more of a mode's own.
const ownFault = [
  ['recvfrom', 'ECONNRESET', 'EIO', 'ENOMEM'],
  ['sendto', 'ECONNRESET', 'EIO', 'ENOBUFS', 'ENOMEM'],
]
const watching = [['epoll_ctl', 'ENOMEM', 'ENOSPC']]
const ofOne: Record<string, string[][]> = { epoll: watching, promises: watching, reactor: watching }

/** What there is on standard error: nothing but lines of the server's own. */
const reports = /^((bsd-sockets|echo|http): .*\n)*$/

describe.skipIf(!traced)(`calls that fail${traced ? '' : ' (skipped: no strace)'}`, () => {
  test.each(table)('%s in %s, %s: what passes is waited for', async (program, lang, mode) => {
    const server = await serve(program, lang, mode)
    const thread = await threadOf(server, 'accept,accept4', () => served(server, program as Program))
    // In TypeScript the event loop waits for the clients of the threads.
    const own = lang === 'ts' && mode === 'threads' ? [] : (passing[mode] ?? [])
    for (const [calls, ...errnos] of [accept, ...own]) {
      for (const errno of errnos) {
        const end = await inject(thread, calls!, errno)
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
    const thread = await threadOf(server, 'accept,accept4', () => served(server, program as Program))
    const faults = mode === 'threads' ? [] : [...ownFault, ...(ofOne[mode] ?? [])] // there another thread has the client
    for (const [calls, ...errnos] of faults) {
      for (const errno of errnos) {
        const end = await inject(thread, calls!, errno)
        const client = await server.connect()
        if (calls === 'epoll_ctl') await end() // of a client whose request is there already there may be none
        await ask(client, program as Program)
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
    await served(server, program as Program)
    const first = await server.connect()
    first.on('error', () => undefined)
    const talk = (): Promise<unknown> => (first.write(keptAlive), once(first, 'data'))
    await talk()
    const thread = await threadOf(server, 'recvfrom', talk)
    const end = await inject(thread, 'close', 'EIO')
    first.end()
    await end()
    first.destroy()
    expect(await ask(await server.connect(), program as Program)).toMatch(answered[program as Program])
    const { stderr } = await server.stop()
    expect(stderr).toMatch(reports)
  })
})
