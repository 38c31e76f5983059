// What a server survives in every mode, of both programs, in both languages: a stop while clients wait to be accepted, the garbage
// collector, clients that do not read. System calls that fail: test/faults.
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { start } from '../support/echo-server.js'
import { modesInC, modesInTypeScript } from '../support/modes.js'
import { root } from '../support/root.js'

const bin = join(root, 'bin/bsd-sockets.js')
const both = [...modesInC.map(mode => ['c', mode] as const), ...modesInTypeScript.map(mode => ['ts', mode] as const)]
const table = (['echo', 'http'] as const).flatMap(program => both.map(row => [program, ...row] as const))

const request = { echo: 'hello', http: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' }
const answered = { echo: /^hello$/, http: /hello world\n$/ }
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

/** Checks all servers at the same time: most of it is waiting. */
async function ofEach<Row extends readonly string[]>(rows: readonly Row[], check: (row: Row) => Promise<void>) {
  const failures: string[] = []
  const checked = rows.map(row =>
    check(row).catch((error: unknown) => failures.push(`${row.join(' ')}: ${String(error)}`)),
  )
  await Promise.all(checked)
  expect(failures).toEqual([])
}

const served = async (server: Server, program: Program): Promise<string> => ask(await server.connect(), program)

test('a stop: who has connected by then is served', async () => {
  await ofEach(table, async ([program, lang, mode]) => {
    const server = await serve(program, lang, mode)
    server.child.kill('SIGSTOP')
    const clients = await Promise.all(Array.from({ length: 12 }, () => server.connect()))
    await Promise.all(clients.map(client => new Promise(resolve => client.write(request[program], resolve))))
    server.child.kill('SIGTERM')
    server.child.kill('SIGCONT')
    for (const client of clients) client.end()
    const answers = await Promise.all(clients.map(client => buffer(client)))
    for (const answer of answers) expect(String(answer)).toMatch(answered[program])
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
  })
})

test('echo in ts: nothing that it needs is collected', async () => {
  const gc = ['--expose-gc', '--import', 'data:text/javascript,setInterval(gc, 50).unref()']
  await ofEach(
    modesInTypeScript.map(mode => [mode] as const),
    async ([mode]) => {
      const server = await start([process.execPath, ...gc, bin, 'echo', '--mode', mode, '--port', '0'])
      for (let i = 0; i < 3; i++) expect(await served(server, 'echo')).toBe('hello')
      await sleep(200)
      expect(await server.stop()).toMatchObject({ code: 0, stderr: '' })
    },
  )
})

test('http: a client that does not read, and then resets, is forgotten, and a stop does not wait for it', async () => {
  const large = `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n${'x'.repeat(500_000)}`
  const requests = Buffer.from(large.repeat(40)) // more than the buffers of two sockets hold
  await ofEach(both, async ([lang, mode]) => {
    const server = await serve('http', lang, mode, '--write-timeout', '300')
    for (const patience of [0, 1000]) {
      const client = await server.connect()
      client.on('error', () => undefined).pause()
      client.write(requests)
      for (let before = -1; client.bytesWritten - client.writableLength > before; await sleep(50))
        before = client.bytesWritten - client.writableLength
      if (patience === 0) client.resetAndDestroy()
      await sleep(patience)
      client.destroy()
      if (mode !== 'blocking' || patience > 0) expect(await served(server, 'http')).toMatch(/hello world\n$/)
    }
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
  })
})
