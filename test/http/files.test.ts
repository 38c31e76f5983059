// bsd-sockets/http: files of a folder by fileHandler, and FileBody.
import { randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { constants, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { OwnedFd } from 'bsd-sockets'
import { FileBody, fileHandler, serve } from 'bsd-sockets/http'
import type { FileOptions, HttpServer } from 'bsd-sockets/http'
import * as sys from 'bsd-sockets/syscalls'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { script } from '../support/child.js'
import { HttpClient } from '../support/http-exchange.js'

const base = mkdtempSync(join(tmpdir(), 'files-'))
afterAll(() => rmSync(base, { recursive: true }))
const root = join(base, 'public')
const large = randomBytes(3 * 1024 * 1024)
const changed = new Date('2026-01-02T03:04:05.678Z')
mkdirSync(join(root, 'with index'), { recursive: true })
mkdirSync(join(root, 'plain/deep'), { recursive: true })
writeFileSync(join(root, 'a.txt'), '0123456789')
utimesSync(join(root, 'a.txt'), changed, changed)
writeFileSync(join(root, 'empty.css'), '')
writeFileSync(join(root, 'large.bin'), large)
writeFileSync(join(root, 'ü?#%20&<b>.html'), 'odd')
writeFileSync(join(root, 'with index/index.html'), '<p>index')
writeFileSync(join(root, 'plain/x:y'), '')
writeFileSync(join(base, 'secret'), 'secret')
mkdirSync(join(base, 'public-not'))
writeFileSync(join(base, 'public-not/secret'), 'secret')
symlinkSync('../secret', join(root, 'leads-out'))
symlinkSync('..', join(root, 'up'))
symlinkSync('a.txt', join(root, 'leads-in.json'))
symlinkSync('loop', join(root, 'loop'))
execFileSync('mkfifo', [join(root, 'fifo')])

function started(options?: FileOptions): HttpServer {
  const server = serve(fileHandler(root, options), { error: error => void errors.push(error) })
  onTestFinished(() => {
    server.close()
    expect(errors.splice(0)).toEqual([])
  })
  return server
}
const errors: unknown[] = []

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

async function get(
  server: HttpServer,
  path: string,
  headers: OutgoingHttpHeaders = {},
  method = 'GET',
): Promise<Answer> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http
      .request({ host: '127.0.0.1', port: server.port, path, headers, method, agent: false }, resolve)
      .on('error', reject)
      .end()
  })
  return { status: response.statusCode!, headers: response.headers, body: await buffer(response) }
}

const textOf = async (server: HttpServer, path: string): Promise<[number, string]> => {
  const { status, body } = await get(server, path)
  return [status, body.toString()]
}

describe('a file', () => {
  test('comes with its length, type, time and tag', async () => {
    const server = started()
    const { status, headers, body } = await get(server, '/a.txt')
    expect([status, body.toString()]).toEqual([200, '0123456789'])
    expect(headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': '10',
      'content-type': 'text/plain; charset=utf-8',
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
    })
    expect(headers.etag).toMatch(/^"[\w-]+"$/)
  })

  test('a large one comes whole, and many on one connection in their order', async () => {
    const server = started()
    const { headers, body } = await get(server, '/large.bin')
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(body.equals(large)).toBe(true)
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(4))
    socket.write('GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const all = await buffer(socket)
    for (let i = 0, at = 0; i < 4; i++) {
      at = all.indexOf('\r\n\r\n', at) + 4
      expect(all.subarray(at, at + large.length).equals(large)).toBe(true)
      at += large.length
    }
    expect(all.subarray(-10).toString()).toBe('0123456789')
  })

  test('an empty one, one behind a link, one with odd characters in its name', async () => {
    const server = started()
    expect(await get(server, '/empty.css')).toMatchObject({ status: 200, headers: { 'content-length': '0' } })
    const linked = await get(server, '/leads-in.json')
    expect([linked.status, linked.body.toString()]).toEqual([200, '0123456789'])
    expect(await textOf(server, '/%C3%BC%3F%23%2520%26%3Cb%3E.html?query')).toEqual([200, 'odd'])
  })

  test('HEAD has the same headers and no content; other methods are 405', async () => {
    const server = started()
    const whole = (await get(server, '/large.bin')).headers
    const head = await get(server, '/large.bin', {}, 'HEAD')
    expect(head.status).toBe(200)
    expect(head.body).toHaveLength(0)
    expect({ ...head.headers, date: '' }).toEqual({ ...whole, date: '' })
    expect(await get(server, '/a.txt', {}, 'DELETE')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  })
})

describe('ranges', () => {
  test.each([
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=7-99999999999999999999', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-30', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=10-', 416, '416 Range Not Satisfiable\n', 'bytes */10'],
    ['bytes=-0', 416, '416 Range Not Satisfiable\n', 'bytes */10'],
    ['bytes=4-2', 200, '0123456789', undefined],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['bytes=-', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ])('%s is %i', async (range, status, text, contentRange) => {
    const answer = await get(started(), '/a.txt', { Range: range })
    expect([answer.status, answer.body.toString(), answer.headers['content-range']]).toEqual([
      status,
      text,
      contentRange,
    ])
  })

  test('If-Range: only of the same state of the file', async () => {
    const server = started()
    const { etag, 'last-modified': date } = (await get(server, '/a.txt')).headers
    const statuses = []
    for (const condition of [etag, date, '"other"', `W/${etag}`, 'Thu, 01 Jan 2026 00:00:00 GMT'])
      statuses.push((await get(server, '/a.txt', { Range: 'bytes=0-1', 'If-Range': condition })).status)
    expect(statuses).toEqual([206, 206, 200, 200, 200])
  })

  test('a range of a HEAD is ignored', async () => {
    expect(await get(started(), '/a.txt', { Range: 'bytes=0-1' }, 'HEAD')).toMatchObject({
      status: 200,
      headers: { 'content-length': '10' },
    })
  })
})

test('conditions: 304 without content, and 412', async () => {
  const server = started()
  const { etag, 'last-modified': date } = (await get(server, '/a.txt')).headers
  const before = 'Thu, 01 Jan 2026 00:00:00 GMT'
  const cases: [OutgoingHttpHeaders, number][] = [
    [{ 'If-None-Match': etag }, 304],
    [{ 'If-None-Match': `"x", W/${etag}` }, 304],
    [{ 'If-None-Match': '*' }, 304],
    [{ 'If-None-Match': '"x"', 'If-Modified-Since': date }, 200],
    [{ 'If-Modified-Since': date }, 304],
    [{ 'If-Modified-Since': before }, 200],
    [{ 'If-Modified-Since': 'no date' }, 200],
    [{ 'If-Match': etag }, 200],
    [{ 'If-Match': '*' }, 200],
    [{ 'If-Match': '"x"' }, 412],
    [{ 'If-Unmodified-Since': before }, 412],
    [{ 'If-Unmodified-Since': date }, 200],
  ]
  for (const [headers, status] of cases) {
    const answer = await get(server, '/a.txt', headers)
    expect([headers, answer.status]).toEqual([headers, status])
    if (status === 304) expect([answer.body.length, answer.headers.etag]).toEqual([0, etag])
  }
})

describe('a folder', () => {
  test('its index; without a slash at the end it is redirected to, on this server', async () => {
    const server = started()
    expect(await textOf(server, '/with%20index/')).toEqual([200, '<p>index'])
    expect(await get(server, '/with%20index?a=b')).toMatchObject({
      status: 301,
      headers: { location: '/with%20index/?a=b' },
    })
    expect(await get(server, '//plain')).toMatchObject({ status: 301, headers: { location: '/plain/' } })
    expect((await get(server, '/plain/')).status).toBe(404)
    expect((await get(started({ index: null }), '/with%20index/')).status).toBe(404)
    expect(await textOf(started({ index: 'x:y' }), '/plain/')).toEqual([200, ''])
  })

  test('is listed if asked for, with names that are safe in the page and its links', async () => {
    const server = started({ list: true })
    const [status, page] = await textOf(server, '/')
    expect(status).toBe(200)
    expect(page).toContain('<a href="./%C3%BC%3F%23%2520&%3Cb%3E.html">ü?#%20&amp;&lt;b&gt;.html</a>')
    expect(page).toContain('<a href="./plain/">plain/</a>')
    expect(page).not.toContain('../')
    const [, inner] = await textOf(server, '/plain/')
    expect(inner).toContain('<a href="../">../</a>')
    expect(inner).toContain('<a href="./x:y">x:y</a>')
    const links = Array.from(page.matchAll(/href="\.\/([^"]+)"/g), ([, link]) => link!.replaceAll('&amp;', '&'))
    for (const link of links.filter(link => !/^(fifo|leads-out|loop|up)/.test(link)))
      expect([link, (await get(server, `/${link}`)).status]).toEqual([link, 200])
  })
})

test.each([
  '/../secret',
  '/%2e%2e/secret',
  '/..%2fsecret',
  '/plain/../../secret',
  '/plain/%2e%2e%2f%2e%2e%2fsecret',
  '/../public-not/secret',
  '/leads-out',
  '/up/secret',
  '/up/public-not/secret',
  '/loop',
  '/fifo',
  '/a.txt/',
  '/a.txt/b',
  '/none',
  `/${'x'.repeat(300)}`,
])('%s is 404', async path => {
  const client = new HttpClient({ address: started().port })
  client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  expect(await client.end()).toMatch(/^HTTP\/1.1 404 /)
})

test.each(['/%', '/%zz', '/%ff', '/a%00.txt'])('%s is 400', async path => {
  expect((await get(started(), path)).status).toBe(400)
})

// Between the check of a path and the use of it another process may put a link to elsewhere in the place of a folder. Here that
// happens at the worst moment: `fs` does it itself, right after the check.
test.each([
  ['a file', '/sub/secret', true],
  ['a list', '/sub/', true],
  ['an index', '/index/', true],
  ['a file, without /proc', '/sub/secret', false],
  ['an index, without /proc', '/index/', false],
])('a folder that becomes a link out of the root is not followed: %s', async (_, path, proc) => {
  const place = mkdtempSync(join(base, 'race-'))
  for (const folder of ['root/sub', 'root/index', 'private']) {
    mkdirSync(join(place, folder), { recursive: true })
    writeFileSync(join(place, folder, 'secret'), folder)
    writeFileSync(join(place, folder, 'index.html'), folder)
  }
  const program = `
    import { renameSync, symlinkSync } from 'node:fs'
    import { join } from 'node:path'
    const fs = process.getBuiltinModule('node:fs')
    const { statSync } = fs
    const [place, path] = process.argv.slice(-2)
    const folder = join(place, 'root', path.split('/')[1])
    let calls = 0
    if (!${proc}) fs.readlinkSync = () => { throw new Error('there is no /proc') }
    fs.statSync = (...args) => {
      const stats = statSync(...args)
      if (String(args[0]).startsWith(folder) && ++calls === (path === '/index/' ? 2 : 1)) {
        renameSync(folder, place + '/before')
        symlinkSync('../private', folder)
      }
      return stats
    }
    const { fileHandler, serve } = await import('bsd-sockets/http')
    const server = serve(fileHandler(join(place, 'root'), { list: true, index: path === '/sub/' ? null : 'index.html' }), { port: 0 })
    process.stdout.write(await (await fetch('http://127.0.0.1:' + server.port + path)).text())
    process.exit()`
  expect(await script(program, place, path).finished()).toBe('404 Not Found\n')
})

test('a client that is gone leaves no descriptor of the file', async () => {
  const bodies: FileBody[] = []
  const server = serve(
    () => {
      const body = FileBody.open(join(root, 'large.bin'))
      bodies.push(body)
      return { body }
    },
    { error: error => void errors.push(error) },
  )
  onTestFinished(() => server.close())
  for (const ending of ['destroy', 'resetAndDestroy'] as const) {
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise(resolve => socket.once('data', resolve))
    socket[ending]()
  }
  await server.stop()
  expect(bodies.map(({ file }) => file.fd)).toEqual([-1, -1])
})

test('a FileBody is a part of a file; one that is not sent is closed', async () => {
  const files: OwnedFd[] = []
  const opened = (): OwnedFd => {
    files.push(new OwnedFd(sys.open(Buffer.from(join(root, 'a.txt')), constants.O_RDONLY)))
    return files.at(-1)!
  }
  const server = serve(
    request => {
      const body = request.path === '/rest' ? new FileBody(opened(), 8) : new FileBody(opened(), 2, 3)
      if (request.path === '/length') return { body, headers: { 'Content-Length': 9 } }
      return { body, status: request.path === '/none' ? 204 : 200 }
    },
    { error: error => void errors.push(error) },
  )
  onTestFinished(() => server.close())
  expect(await textOf(server, '/')).toEqual([200, '234'])
  expect(await textOf(server, '/rest')).toEqual([200, '89'])
  expect(await textOf(server, '/none')).toEqual([204, ''])
  expect((await get(server, '/', {}, 'HEAD')).headers['content-length']).toBe('3')
  expect((await textOf(server, '/length'))[0]).toBe(500)
  expect(errors.splice(0)).toMatchObject([{ code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH' }])
  expect(files.map(({ fd }) => fd)).toEqual([-1, -1, -1, -1, -1])
  expect(() => new FileBody(files[0]!)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  expect(() => new FileBody('a.txt' as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  const file = opened()
  expect(() => new FileBody(file, -1)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
  expect(() => new FileBody(file, 0, NaN)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
  expect(() => FileBody.open(join(root, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  using body = new FileBody(file)
  expect(body).toMatchObject({ offset: 0, length: statSync(join(root, 'a.txt')).size })
})

test('wrong arguments are refused', () => {
  for (const folder of [join(root, 'a.txt'), join(base, 'none')])
    expect(() => fileHandler(folder)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }))
  expect(() => fileHandler(3 as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(() => fileHandler(root, { index: 3 as never })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  )
  expect(() => fileHandler(root, { lists: true } as never)).toThrow(/lists/)
  expect(fileHandler(pathToFileURL(root))).toBeTypeOf('function')
})
