// `http --root FOLDER` in every mode: whole files, parts, slow clients and those that leave.
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHttpServer } from '../support/http-exchange.js'
import type { HttpServer } from '../support/http-exchange.js'
import { modesInTypeScript } from '../support/modes.js'
import { root } from '../support/root.js'

const folder = mkdtempSync(join(tmpdir(), 'http-root-'))
afterAll(() => rmSync(folder, { recursive: true }))
const large = randomBytes(6 * 1024 * 1024)
writeFileSync(join(folder, 'large'), large)
mkdirSync(join(folder, 'sub'))
writeFileSync(join(folder, 'sub/index.html'), 'index')

const command = [join(root, 'bin/bsd-sockets.js'), 'http']

const get = (path: string, ...lines: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n')

/** What the server answers to these bytes until it closes. */
async function exchange(server: HttpServer, bytes: string): Promise<{ head: string; body: Buffer }> {
  const socket = connect(server.address as number, '127.0.0.1')
  socket.write(bytes)
  const all = await buffer(socket)
  const end = all.indexOf('\r\n\r\n')
  return { head: all.toString('latin1', 0, end), body: all.subarray(end + 4) }
}

describe.each(modesInTypeScript)('http --mode %s --root', mode => {
  let server: HttpServer
  beforeAll(async () => {
    server = await startHttpServer(process.execPath, [...command, '--mode', mode, '--root', folder])
  })
  afterAll(async () => {
    expect(await server.stop()).toBe(0)
  })

  test('sends files whole and in part, an index, and a list', async () => {
    const whole = await exchange(server, get('/large'))
    expect(whole.head).toMatch(/^HTTP\/1.1 200 /)
    expect(whole.body.equals(large)).toBe(true)
    const part = await exchange(server, get('/large', 'Range: bytes=1000000-1999999'))
    expect(part.head).toMatch(/^HTTP\/1.1 206 /)
    expect(part.body.equals(large.subarray(1_000_000, 2_000_000))).toBe(true)
    expect((await exchange(server, get('/sub/'))).body.toString()).toBe('index')
    expect((await exchange(server, get('/'))).body.toString()).toContain('<a href="./sub/">')
    expect((await exchange(server, get('/../../etc/passwd'))).head).toMatch(/^HTTP\/1.1 404 /)
  })

  test('two requests at once are answered in their order', async () => {
    const first = get('/large').replace('Connection: close\r\n', '')
    const { body } = await exchange(server, first + get('/sub/'))
    expect(body.subarray(0, large.length).equals(large)).toBe(true)
    expect(body.subarray(-9).toString()).toBe('\r\n\r\nindex')
  })

  test('a client that stops reading gets the rest later; one that leaves costs no descriptor', async () => {
    const slow = connect(server.address as number, '127.0.0.1')
    slow.pause()
    slow.write(get('/large'))
    await sleep(300)
    // The modes that serve one client at a time serve the others after it.
    const rest = buffer(slow)
    expect((await rest).length).toBeGreaterThan(large.length)
    for (const ending of ['destroy', 'resetAndDestroy'] as const) {
      const socket = connect(server.address as number, '127.0.0.1')
      socket.write(get('/large'))
      await new Promise(resolve => socket.once('data', resolve))
      socket[ending]()
    }
    expect((await exchange(server, get('/sub/'))).body.toString()).toBe('index')
    if (process.platform !== 'linux') return
    const opened = (): string[] =>
      readdirSync(`/proc/${server.process.pid}/fd`).filter(fd => {
        try {
          return readlinkSync(`/proc/${server.process.pid}/fd/${fd}`).endsWith('/large')
        } catch {
          return false // it was closed just now
        }
      })
    for (let i = 0; opened().length > 0 && i < 500; i++) await sleep(10)
    expect(opened()).toEqual([])
  })
})

test('a root that is no folder, and one for the server in C, are refused', () => {
  const run = (...args: string[]): [number | null, string] => {
    const { status, stderr } = spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8' })
    return [status, stderr]
  }
  expect(run('--root', join(folder, 'large'))).toEqual([2, expect.stringContaining('--root: not a folder:')])
  expect(run('--root', folder, '--lang', 'c')).toEqual([2, expect.stringContaining('--root: not with --lang c')])
})
