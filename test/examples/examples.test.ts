// Runs each example with its Python counterpart: once as the server and once as the client.
import { describe, expect, test } from 'vitest'
import { example, python } from '../support/child.js'

const address = String.raw`127\.0\.0\.1:\d+`

describe('calls', () => {
  test('prints the integers of the kernel and what the library makes of them', async () => {
    const output = await example('calls').finished()
    for (const call of ['socket', 'setsockopt', 'bind', 'listen', 'connect', 'accept', 'write', 'read', 'close']) {
      expect(output).toMatch(new RegExp(`^  ${call}\\(.*\\) +=`, 'm'))
    }
    expect(output).toMatch(/write\(.*= 5\n.*read\(.*= 5\n/)
    expect(output).toMatch(/shutdown\(.*= 0\n.*read\(.*= 0\n/)
    expect(output).toMatch(/accept\(\) +\{ family: 'IPv4', address: '127.0.0.1', port: \d+ \}/)
    expect(output).toContain('hello')
  })
})

describe.each(['echo-loop', 'event-loop'])('%s', name => {
  test('serves many Python clients at once, and prints their addresses', async () => {
    const server = example(name)
    const port = await server.port()
    expect(await python('echo_clients', port, 12).finished()).toBe('12 clients served\n')
    const connections = server.stdout.split('\n').slice(1, -1)
    expect(connections).toHaveLength(12)
    for (const line of connections) expect(line).toMatch(new RegExp(`^Connection from ${address}$`))
  })

  test('survives a client that resets', async () => {
    const server = example(name)
    const port = await server.port()
    await python('reset', port).finished()
    expect(await python('echo_clients', port, 1).finished()).toBe('1 clients served\n')
  })
})

describe('echo-message', () => {
  test('serves Python clients, one after the other', async () => {
    const server = example('echo-message')
    const port = await server.port()
    for (let i = 0; i < 3; i++) {
      expect(await python('message_client', port).finished()).toBe("Received 'Hello, world'\n")
    }
    const line = `New connection from ${address}\n`
    await server.printed(new RegExp(`^listening on 127.0.0.1:${port}\n(${line}){3}$`))
  })

  test('serves the next client after one that resets', async () => {
    const server = example('echo-message')
    const port = await server.port()
    await python('reset', port).finished()
    expect(await python('message_client', port).finished()).toBe("Received 'Hello, world'\n")
  })

  test('its client talks to the Python servers', async () => {
    const loop = await python('echo_server', 0).port()
    expect(await example('echo-message-client', '--port', String(loop)).finished()).toBe("Received 'Hello, world'\n")
    const server = python('message_server', 0)
    const port = await server.port()
    expect(await example('echo-message-client', '--port', String(port)).finished()).toBe("Received 'Hello, world'\n")
    await server.printed(new RegExp(`^New connection from ${address}$`, 'm'))
  })

  test('--names: both ends print the same two addresses', async () => {
    const server = example('echo-message', '--names')
    const port = await server.port()
    const client = await example('echo-message-client', '--names', '--port', String(port)).finished()
    const [, own, peer] = /^fd \d+: (\S+) with (\S+)$/m.exec(client)!
    expect(peer).toBe(`127.0.0.1:${port}`)
    const [, listening] = await server.printed(/^fd (\d+): (\S+)$/m)
    const [, accepted, ownThere, peerThere] = await server.printed(/^fd (\d+): (\S+) with (\S+)$/m)
    expect(accepted).not.toBe(listening)
    expect([ownThere, peerThere]).toEqual([peer, own])
    expect(server.stdout).toContain(`New connection from ${own}\n`)
  })
})

test('backlog: a client beyond the backlog waits until there is room', async () => {
  const output = await example('backlog').finished()
  expect(output).toMatch(
    /client 3 is connected, and waits\n(client.*\n)*connect ETIMEDOUT 127.0.0.1:\d+\naccepted one\n/,
  )
  expect(output).toMatch(/there was room\n$/)
})

describe.each(['fixed', 'delimiter', 'length', 'shutdown'])('framing --by %s', by => {
  const received = (...messages: string[]) => messages.map(message => `Received '${message}'\n`).join('')

  test('serves the Python client, which splits messages anywhere', async () => {
    const server = example('framing', 'server', '--by', by)
    const client = await python('framing', 'client', by, await server.port()).finished()
    expect(client).toBe(received('HELLO', 'AND GOODBYE', 'END'))
    expect(server.stdout).toContain(received('hello', 'and goodbye', 'end'))
  })

  test('sends all messages at once to the Python server', async () => {
    const server = python('framing', 'server', by, 0)
    const client = await example('framing', 'client', '--by', by, '--port', String(await server.port())).finished()
    expect(client.replaceAll(/^sending.*\n/gm, '')).toBe(received('HELLO', 'AND GOODBYE', 'END'))
    expect(server.stdout).toContain(received('hello', 'and goodbye', 'end'))
  })
})

test('framing --by length: sends lengths in network byte order, and refuses one that is too large', async () => {
  const server = example('framing', 'server', '--by', 'length')
  const port = await server.port()
  const client = await example('framing', 'client', '--port', String(port)).finished()
  expect(client).toContain('<Buffer 00 00 00 05 68 65 6c 6c 6f 00 00 00 0b')
  await python('send', port, 'ff', 70_000).finished()
  await server.printed(/^message too long$/m)
})

test('byte-order: port 1 is the bytes 00 01', async () => {
  const output = await example('byte-order').finished()
  expect(output).toMatch(/port 1 as the network wants it: +00 01\n/)
  expect(output).toMatch(/1 in four bytes, for the network: 00 00 00 01\n/)
  expect(output).toMatch(/and back again: 1 and 1\n/)
  expect(output).toMatch(/the sockaddr of 127.0.0.1:1: .. .. 00 01 7f 00 00 01/)
})

describe('http-from-nothing', () => {
  interface Answer {
    status: number
    headers: Record<string, string>
    body: string
  }

  async function ask(port: number, ...requests: string[]): Promise<Answer[]> {
    const output = await python('http_client', port, ...requests).finished()
    return output
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as Answer)
  }

  test('--hello answers hello world to everything', async () => {
    const answers = await ask(await example('http-from-nothing', '--hello').port(), 'GET /', 'POST /anything')
    for (const { status, body } of answers) expect([status, body]).toEqual([200, 'hello world'])
  })

  test('200 for a route, 404 for another, 405 for a method', async () => {
    const server = example('http-from-nothing')
    const [root, blog, query, missing, post] = await ask(
      await server.port(),
      ...['GET /', 'GET /blog', 'GET /?a=b', 'GET /none', 'POST /'],
    )
    expect([root!.status, blog!.status, query!.status, missing!.status, post!.status]).toEqual([
      200, 200, 200, 404, 405,
    ])
    expect(root!.body).toContain('<h1>From nothing</h1>')
    expect(query!.body).toBe(root!.body)
    expect(root!.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(post!.headers.allow).toBe('GET')
    expect(server.stdout).toContain('GET /blog HTTP/1.1\r\nHost: localhost')
    expect(server.stdout).toMatch(/\{ family: 'IPv4', address: '127.0.0.1', port: \d+ \}/)
  })

  test('has the files that browsers ask for by themselves', async () => {
    const [robots, icon] = await ask(await example('http-from-nothing').port(), 'GET /robots.txt', 'GET /favicon.ico')
    expect(robots).toMatchObject({ status: 200, body: 'User-agent: *\nDisallow:\n' })
    expect(icon).toMatchObject({ status: 200, headers: { 'content-type': 'image/svg+xml' } })
  })

  test('answers 400 to an invalid request, and survives a reset', async () => {
    const port = await example('http-from-nothing').port()
    await python('reset', port).finished()
    const answer = await python('send', port, Buffer.from('no http\r\n\r\n').toString('hex')).finished()
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
  })
})

test('howto-client talks to the Python web server', async () => {
  const port = await python('http_server', 0).port()
  const output = await example('howto-client', '127.0.0.1', '--port', String(port)).finished()
  expect(output).toMatch(/^HTTP\/1.0 200 OK\r\n[^]*\r\n\r\nGET \/ for 127.0.0.1\n$/)
})

describe.each([
  ['howto-threads', 'localhost'],
  ['howto-processes', 'the hostname'],
  ['howto-select', ''],
])('%s', (name, host) => {
  test(`serves many Python clients at once, bound to ${host || "''"}`, async () => {
    const server = example(name, ...(host === 'the hostname' ? [] : ['--host', host]))
    const port = await server.port()
    const own = /address: '(.*?)'/.exec(server.stdout)![1]!
    if (host === '') expect(own).toBe('0.0.0.0')
    expect(await python('echo_clients', port, 6, own).finished()).toBe('6 clients served\n')
    await server.printed(/(^client \{ family: 'IPv4'.*\n){6}/m)
  })

  test('survives a client that resets', async () => {
    const server = example(name, '--host', 'localhost')
    const port = await server.port()
    await python('reset', port).finished()
    expect(await python('echo_clients', port, 1).finished()).toBe('1 clients served\n')
  })
})

describe('howto-select', () => {
  test('serves the Python client with a non-blocking connect', async () => {
    const port = await example('howto-select', '--host', 'localhost').port()
    const client = await python('select_client', port).finished()
    expect(client).toBe("connect True\nwritable True 0\nReceived 'hello, select'\n")
  })

  test.each(['select_server', 'echo_server'])('its client connects to %s.py, non-blocking', async name => {
    const port = await python(name, 0).port()
    const client = example('howto-select', 'client', '--host', 'localhost', '--port', String(port))
    expect(await client.finished()).toMatch(
      /^connect EINPROGRESS 127.0.0.1:\d+\nconnected to .*\nReceived 'hello, select'\n$/,
    )
  })

  test('its client gets ECONNREFUSED from SO_ERROR', async () => {
    const client = example('howto-select', 'client', '--host', 'localhost', '--port', '1')
    expect(await client.ended).toMatchObject({ code: 1 })
    expect(client.stderr).toContain('connect ECONNREFUSED 127.0.0.1:1')
  })

  test('bad: finds the bad descriptor', async () => {
    expect(await example('howto-select', 'bad').finished()).toMatch(
      /^descriptors [\d ]+\nselect EBADF\nsocket 0 is good\nsocket 1 is good\nsocket 2 is bad: select EBADF\nsocket 3 is good\n$/,
    )
  })
})

test('howto-local: measures localhost and a Unix socket', async () => {
  const output = await example('howto-local', '--times', '100').finished()
  expect(output).toMatch(/^localhost: [\d.]+ microseconds.*\nUnix socket: [\d.]+ microseconds.*\n$/)
})

describe('my-socket', () => {
  const replies = "Received 'A MESSAGE'\nReceived 'AND ANOTHER'\n"

  test('serves the Python client until the connection is closed', async () => {
    const server = example('my-socket', 'server')
    expect(await python('my_socket', 'client', await server.port()).finished()).toBe(replies)
    await server.printed(/^socket connection broken$/m)
  })

  test('talks to the Python server', async () => {
    const server = python('my_socket', 'server', 0)
    expect(await example('my-socket', 'client', '--port', String(await server.port())).finished()).toBe(replies)
    await server.printed(/^socket connection broken$/m)
  })
})

describe.each([
  ['one after the other', []],
  ['each in a thread', ['--threads']],
])('socketserver-echo, %s', (_, args) => {
  test('sends each line back in capitals, also a last one without a newline, until Ctrl-C', async () => {
    const server = example('socketserver-echo', ...args)
    const port = await server.port()
    const lines = Buffer.from('one\ntwo\r\n\nlast').toString('hex')
    await python('reset', port).finished()
    expect(await python('send', port, lines).finished()).toBe('ONE\nTWO\r\n\nLAST')
    const many = await Promise.all(Array.from({ length: 4 }, () => python('send', port, lines, 500).finished()))
    for (const answer of many) expect(answer).toBe('ONE\nTWO\r\n\nLAST'.repeat(500))
    server.process.kill('SIGINT')
    await server.finished()
  })
})
