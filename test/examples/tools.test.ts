// The examples with telnet, nc and curl, which a reader tries first.
import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { Child, example } from '../support/child.js'
import { tool } from '../support/tools.js'

describe.skipIf(!tool('telnet'))('telnet', () => {
  test.each(['echo-loop', 'event-loop'])('%s sends hello world! back', async name => {
    const telnet = new Child('telnet', ['127.0.0.1', String(await example(name).port())])
    await telnet.printed(/Connected to 127.0.0.1/)
    telnet.process.stdin.write('hello world!\n')
    await telnet.printed(/^hello world!\r?$/m)
  })
})

describe.skipIf(!tool('nc'))('nc', () => {
  test.each(['echo-loop', 'event-loop', 'howto-threads', 'howto-processes', 'howto-select'])('%s', async name => {
    const server = example(name, ...(name.startsWith('howto') ? ['--host', 'localhost'] : []))
    const nc = new Child('nc', ['-N', '127.0.0.1', String(await server.port())])
    nc.process.stdin.end('hello world!\n')
    expect(await nc.finished()).toBe('hello world!\n')
  })

  test('echo-message answers when nc has ended its side', async () => {
    const nc = new Child('nc', ['-N', '127.0.0.1', String(await example('echo-message').port())])
    nc.process.stdin.write('one ')
    nc.process.stdin.end('message')
    expect(await nc.finished()).toBe('one message')
  })

  test('echo-message-client talks to nc', async () => {
    const nc = new Child('nc', ['-v', '-n', '-l', '127.0.0.1', '0'])
    while (!nc.stderr.includes('\n')) await once(nc.process.stderr, 'data')
    const [, port] = /(\d+)\n/.exec(nc.stderr)!
    nc.process.stdin.write('and hello back')
    const client = example('echo-message-client', '--port', port!)
    expect(await client.finished()).toBe("Received 'and hello back'\n")
    expect(await nc.finished()).toBe('Hello, world')
  })

  test('my-socket reports a broken connection when nc sends too little', async () => {
    const server = example('my-socket', 'server')
    const nc = new Child('nc', ['-N', '127.0.0.1', String(await server.port())])
    nc.process.stdin.end('too little')
    await server.printed(/^socket connection broken$/m)
  })
})

describe.skipIf(!tool('curl'))('curl', () => {
  const curl = async (port: number, path: string, ...args: string[]): Promise<string> =>
    new Child('curl', ['-sS', '-i', ...args, `http://localhost:${port}${path}`]).finished()

  test('http-from-nothing --hello', async () => {
    const port = await example('http-from-nothing', '--hello').port()
    expect(await curl(port, '/')).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nhello world$/)
  })

  test('http-from-nothing: routes, 404, 405, robots.txt and favicon.ico', async () => {
    const port = await example('http-from-nothing').port()
    expect(await curl(port, '/')).toMatch(/^HTTP\/1.1 200 OK\r\nContent-Type: text\/html; charset=utf-8\r\n/)
    expect(await curl(port, '/none')).toMatch(/^HTTP\/1.1 404 Not Found\r\n/)
    expect(await curl(port, '/', '-X', 'DELETE')).toMatch(/^HTTP\/1.1 405 Method Not Allowed\r\n[^]*\r\nAllow: GET\r\n/)
    expect(await curl(port, '/', '-d', 'a=b')).toMatch(/^HTTP\/1.1 405 /)
    expect(await curl(port, '/robots.txt')).toMatch(/\r\n\r\nUser-agent: \*\nDisallow:\n$/)
    expect(await curl(port, '/favicon.ico')).toContain('Content-Type: image/svg+xml\r\n')
  })

  test('http-from-nothing: a request whose head is longer than one recv', async () => {
    const port = await example('http-from-nothing').port()
    expect(await curl(port, '/blog', '-H', `X-Long: ${'x'.repeat(8000)}`)).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  })

  test('http-from-nothing: serves the next client after a silent one', async () => {
    const port = await example('http-from-nothing').port()
    const silent = connect(port, '127.0.0.1')
    await once(silent, 'connect')
    expect(await curl(port, '/')).toMatch(/^HTTP\/1.1 200 OK\r\n/) // after the timeout of 2 seconds
    silent.destroy()
  })
})
