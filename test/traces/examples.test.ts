// Each example is a server or a client; this test is the other end, and does one thing at a time.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, onTestFinished } from 'vitest'
import { expectTable } from './table.js'
import { start, traced } from './trace.js'
import type { Trace, TracedProgram } from './trace.js'

const compare = (name: string, { steps }: Trace): void => expectTable(`examples/${name}`, `examples/${name}`, steps)

/** A server that was started with --port 0, and its port. */
async function serve(program: string, ...args: string[]): Promise<[TracedProgram, number]> {
  const server = start(`examples/${program}.js`, [...args, '--port', '0'])
  const [, inText, inObject] = await server.said(/^listening on (?:\S+:(\d+)|\{[^}]*port: (\d+)[^}]*\})\n/)
  return [server, Number(inText ?? inObject)]
}

async function connected(port: number): Promise<Socket> {
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void client.destroy())
  await once(client, 'connect')
  return client
}

/** Connects, sends each of these once the server has answered the previous one, and then shuts down sending. */
async function converse(server: TracedProgram, port: number, ...messages: string[]): Promise<string> {
  let client: Socket | undefined
  let answer = ''
  await server.after(async () => {
    client = await connected(port)
    client.setEncoding('utf8').on('data', (text: string) => (answer += text))
  })
  for (const message of messages) await server.after(() => client!.write(message))
  if (client!.readableEnded) return answer
  await Promise.all([once(client!, 'end'), server.after(() => client!.end())])
  return answer
}

/** Starts a client; sends it one piece at a time, once it waits for that; then closes. Returns what the client had sent. */
async function answer(program: string, args: readonly string[], ...answers: string[]): Promise<[Trace, sent: string]> {
  const server = createServer({ allowHalfOpen: true })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = start(`examples/${program}.js`, [...args, '--port', `${port}`])
  const [connection] = (await once(server, 'connection')) as [Socket]
  let sent = ''
  connection.setEncoding('utf8').on('data', (text: string) => (sent += text))
  await client.quiet()
  for (const answer of answers) await client.after(() => connection.write(answer))
  connection.end()
  return [await client.ended, sent]
}

describe('servers', () => {
  traced('echo-server', async () => {
    const server = start('examples/echo-server.js', ['0'])
    const [, port] = await server.said(/port: (\d+)/)
    expect(await converse(server, Number(port), 'hello world!\r\n')).toBe('hello world!\r\n')
    compare('echo-server', await server.stop())
  })

  traced('echo-loop', async () => {
    const [server, port] = await serve('echo-loop')
    expect(await converse(server, port, 'hello world!\r\n')).toBe('hello world!\r\n')
    compare('echo-loop', await server.stop())
  })

  traced('event-loop', async () => {
    const [server, port] = await serve('event-loop')
    expect(await converse(server, port, 'hello world!\r\n')).toBe('hello world!\r\n')
    compare('event-loop', await server.stop())
  })

  traced('echo-message', async () => {
    const [server, port] = await serve('echo-message', '--names')
    expect(await converse(server, port, 'Hello, ', 'world')).toBe('Hello, world')
    compare('echo-message', await server.stop())
  })

  traced('framing', async () => {
    const [server, port] = await serve('framing', 'server')
    expect(await converse(server, port, '\0\0\0\x05hello\0', '\0\0\x03end')).toBe('\0\0\0\x05HELLO\0\0\0\x03END')
    compare('framing-server', await server.stop())
  })

  traced('http-from-nothing', async () => {
    const [server, port] = await serve('http-from-nothing')
    for (const [method, status] of [
      ['GET', '200 OK'],
      ['DELETE', '405 Method Not Allowed'],
    ] as const) {
      const request = `${method} / HTTP/1.1\r\nHost: localhost\r\n\r\n`
      expect(await converse(server, port, request)).toContain(`HTTP/1.1 ${status}\r\n`)
    }
    compare('http-from-nothing', await server.stop())
  })

  traced('howto-select', async () => {
    const [server, port] = await serve('howto-select', 'server', '--host', 'localhost')
    expect(await converse(server, port, 'hello')).toBe('hello')
    compare('howto-select-server', await server.stop())
  })

  traced('howto-threads', async () => {
    const [server, port] = await serve('howto-threads', '--host', 'localhost')
    expect(await converse(server, port)).toBe('')
    compare('howto-threads', await server.stop())
  })

  traced('howto-processes', async () => {
    const [server, port] = await serve('howto-processes', '--host', 'localhost')
    expect(await converse(server, port)).toBe('')
    compare('howto-processes', await server.stop())
  })

  traced('my-socket', async () => {
    const [server, port] = await serve('my-socket', 'server')
    expect(await converse(server, port, 'x'.repeat(2000), 'x'.repeat(2096))).toBe('X'.repeat(4096))
    compare('my-socket-server', await server.stop())
  })
})

describe('clients', () => {
  traced('echo-message-client', async () => {
    const [trace, sent] = await answer('echo-message-client', ['--names'], 'Hello, ', 'world')
    expect(sent).toBe('Hello, world')
    expect(trace.stdout).toContain("Received 'Hello, world'\n")
    compare('echo-message-client', trace)
  })

  traced('framing', async () => {
    const [trace, sent] = await answer('framing', ['client'], '\0\0\0\x05HELLO\0', '\0\0\x03END')
    expect(sent).toBe('\0\0\0\x05hello\0\0\0\x0band goodbye\0\0\0\x03end')
    expect(trace.stdout).toContain("Received 'HELLO'\nReceived 'END'\n")
    compare('framing-client', trace)
  })

  traced('howto-client', async () => {
    const [trace, sent] = await answer('howto-client', ['127.0.0.1'], 'HTTP/1.1 200 OK\r\n\r\nhello')
    expect(sent).toMatch(/^GET \/ HTTP\/1\.1\r\n/)
    expect(trace.stdout).toContain('hello')
    compare('howto-client', trace)
  })

  traced('howto-select', async () => {
    const [trace, sent] = await answer('howto-select', ['client', '--host', 'localhost'], 'hello')
    expect(sent).toBe('hello, select')
    expect(trace.stdout).toContain("Received 'hello'\n")
    compare('howto-select-client', trace)
  })

  traced('my-socket', async () => {
    const answers = ['x'.repeat(4096), 'y'.repeat(2000), 'y'.repeat(2096)]
    const [trace, sent] = await answer('my-socket', ['client', '--host', '127.0.0.1'], ...answers)
    expect(sent).toHaveLength(8192)
    compare('my-socket-client', trace)
  })
})

describe('both ends in one', () => {
  traced('backlog', async () => {
    compare('backlog', await start('examples/backlog.js', ['--port', '0']).ended)
  })

  traced('howto-select', async () => {
    compare('howto-select-bad', await start('examples/howto-select.js', ['bad']).ended)
  })

  traced('howto-local', async () => {
    compare('howto-local', await start('examples/howto-local.js', ['--port', '0', '--times', '0']).ended)
  })
})
