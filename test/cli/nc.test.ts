// nc, run as a user would: by a shell, with the input and the output of files and pipes.
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket as NetSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { AF_UNIX, createServer as listen, options, setOption, Socket, SOCK_DGRAM, SOCK_STREAM } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { selfSigned } from '../support/certificate.js'
import { run } from '../support/echo-server.js'
import { root } from '../support/root.js'

const nc = [process.execPath, join(root, 'bin/bsd-sockets.js'), 'nc']
const linux = process.platform === 'linux'

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'nc-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

/** Runs a shell script in which "$0" "$@" is nc. */
const shell = (script: string) => run(['sh', '-c', script, ...nc])

/** Redirects the standard input to a pipe that stays open; it has `text` in it. */
function openInput(text = ''): string {
  const fifo = join(temporary(), 'fifo')
  return `mkfifo ${fifo}; exec 0<> ${fifo}; printf '${text}' >&0;`
}

/** The port that a listener of nc, with -v, has. */
const portOf = async (server: ReturnType<typeof run>): Promise<string> =>
  (await server.printed(/listening on .*:(\d+)\n/))[1]!

/** A server of Node on a free port. */
async function serving(serve: (client: NetSocket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

/** Bytes of all values, more than the kernel buffers. */
function bigFile(): string {
  const file = join(temporary(), 'input')
  writeFileSync(file, Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 7 + (i >> 8)) & 255)))
  return file
}

describe('a client', () => {
  test('-N sends standard input, ends its side, and writes what it receives', async () => {
    const { port } = await serving(client => client.pipe(client))
    const input = bigFile()
    const client = shell(`"$0" "$@" -N localhost ${port} < ${input} | cmp - ${input}`)
    expect(await client.ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  test('without -N the end of input is not told, and what comes afterwards is received', async () => {
    const ended: boolean[] = []
    const { port } = await serving(client => {
      client.on('end', () => ended.push(true))
      client.once('data', () => setImmediate(() => client.end(`ended: ${ended.length}\n`)))
    })
    const client = shell(`echo over | "$0" "$@" 127.0.0.1 ${port}`)
    expect(await client.ended).toMatchObject({ code: 0, stdout: 'ended: 0\n', stderr: '' })
  })

  test('goes on sending when the other end has stopped', async () => {
    const got: Promise<Buffer>[] = []
    const { port } = await serving(client => {
      client.end('first\n')
      got.push(buffer(client))
    })
    // The second half of the input comes after the other end has stopped.
    const fifo = join(temporary(), 'fifo')
    const script = `mkfifo ${fifo}; { echo one; cat ${fifo}; } | "$0" "$@" -N 127.0.0.1 ${port} | { read line; echo $line; echo two > ${fifo}; }`
    expect(await shell(script).ended).toMatchObject({ code: 0, stdout: 'first\n', stderr: '' })
    expect(String(await got[0])).toBe('one\ntwo\n')
  })

  test('-q 0 ends with the input', async () => {
    const { port } = await serving(() => undefined)
    expect(await shell(`"$0" "$@" -q 0 127.0.0.1 ${port} < /dev/null`).ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('-w ends an idle connection', async () => {
    const { port } = await serving(client => client.write('once\n'))
    const client = shell(`${openInput()} exec "$0" "$@" -w 1 127.0.0.1 ${port}`)
    expect(await client.ended).toMatchObject({ code: 0, stdout: 'once\n', stderr: '' })
  })

  test('-C sends CR and LF for LF, but leaves what has them', async () => {
    const got: Promise<Buffer>[] = []
    const { port } = await serving(client => got.push(buffer(client.end())))
    expect(await shell(`printf 'a\\nb\\r\\n\\nc' | "$0" "$@" -NC 127.0.0.1 ${port}`).ended).toMatchObject({ code: 0 })
    expect(String(await got[0])).toBe('a\r\nb\r\n\r\nc')
  })

  test('-s and -p choose its own address', async () => {
    const free = listen(['127.0.0.1', 0])
    const own = (free.getsockname() as { port: number }).port
    free.close()
    const { port } = await serving(client => client.end(`${client.remoteAddress}:${client.remotePort}\n`))
    const client = shell(`"$0" "$@" -N -s 127.0.0.1 -p ${own} 127.0.0.1 ${port} < /dev/null`)
    expect(await client.ended).toMatchObject({ code: 0, stdout: `127.0.0.1:${own}\n`, stderr: '' })
  })

  test('--hex-dump shows both directions on standard error, and the output stays as it is', async () => {
    const { port } = await serving(client => client.pipe(client))
    const { stdout, stderr } = await shell(`printf 'abc\\000\\377' | "$0" "$@" -N --hex-dump 127.0.0.1 ${port}`).ended
    expect(stdout).toHaveLength(5)
    const row = '00000000  61 62 63 00 ff                                    |abc..|'
    expect(stderr.trimEnd().split('\n').sort()).toEqual([`< ${row}`, `> ${row}`])
  })

  test('-z prints the open ports of a range', async () => {
    const { port } = await serving(() => undefined)
    expect(await shell(`"$0" "$@" -z 127.0.0.1 ${port}-${port}`).ended).toMatchObject({
      code: 0,
      stdout: `127.0.0.1:${port} open\n`,
      stderr: '',
    })
    expect(await shell(`"$0" "$@" -zv 127.0.0.1 1-2`).ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'connect ECONNREFUSED 127.0.0.1:1\nconnect ECONNREFUSED 127.0.0.1:2\n',
    })
  })

  test('-e gives a command the connection, and has its status', async () => {
    const got: Promise<Buffer>[] = []
    const { port } = await serving(client => {
      client.end('hello\n')
      got.push(buffer(client))
    })
    const client = run([...nc, '-e', 'read line; echo "$line back"; exit 7', '127.0.0.1', `${port}`])
    expect(await client.ended).toMatchObject({ code: 7, stdout: '', stderr: '' })
    expect(String(await got[0])).toBe('hello back\n')
  })

  test('a connection that is reset is a failure', async () => {
    const { port } = await serving(client => client.once('data', () => client.resetAndDestroy()))
    const client = shell(`${openInput('x')} exec "$0" "$@" 127.0.0.1 ${port}`)
    const stderr = expect.stringMatching(/^bsd-sockets: recv ECONNRESET\nThe peer .*\n$/) as string
    expect(await client.ended).toMatchObject({ code: 1, stdout: '', stderr })
  })

  test('an error names the failed call and its address', async () => {
    const stderr = expect.stringMatching(
      /^bsd-sockets: connect ECONNREFUSED 127\.0\.0\.1:1\nNobody listens on port 1 .*\n$/,
    ) as string
    expect(await run([...nc, '127.0.0.1', '1']).ended).toMatchObject({ code: 1, stdout: '', stderr })
  })

  test('waits for a slow reader of its output', async () => {
    let written = 0
    const { port } = await serving(client => {
      const piece = Buffer.alloc(1 << 16)
      const more = (): void => {
        while (written < 64 << 20) {
          written += piece.length
          if (!client.write(piece)) return
        }
        client.end()
      }
      client.on('drain', more).on('error', () => undefined)
      more()
    })
    const fifo = join(temporary(), 'fifo')
    const client = shell(`mkfifo ${fifo}; "$0" "$@" -N 127.0.0.1 ${port} < /dev/null | { cat ${fifo}; wc -c; }`)
    let before = -1
    while (before !== written || written === 0) {
      before = written
      await new Promise(resolve => setTimeout(resolve, 300)) // until nothing more is taken
    }
    expect(written).toBeLessThan(32 << 20)
    writeFileSync(fifo, '')
    expect((await client.ended).stdout.trim()).toBe(`${64 << 20}`)
  })
})

describe('a listener', () => {
  test('accepts one client and relays in both directions', async () => {
    const server = shell('echo from the server | "$0" "$@" -lvN 127.0.0.1 0')
    const port = await portOf(server)
    const client = await shell(`echo from the client | "$0" "$@" -N 127.0.0.1 ${port}`).ended
    expect(client).toMatchObject({ code: 0, stdout: 'from the server\n', stderr: '' })
    const { code, stdout, stderr } = await server.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'from the client\n' })
    expect(stderr).toMatch(/^listening on .*\nconnected to 127\.0\.0\.1:\d+\n$/)
  })

  test('sends the whole of a file to a client that has stopped sending', async () => {
    const input = bigFile()
    const server = shell(`"$0" "$@" -lv -p 0 -s 127.0.0.1 < ${input}`)
    const port = await portOf(server)
    expect(await shell(`"$0" "$@" -N 127.0.0.1 ${port} < /dev/null | cmp - ${input}`).ended).toMatchObject({ code: 0 })
    expect(await server.ended).toMatchObject({ code: 0 })
  })

  test('ends with its client, even if its own input stays open', async () => {
    const server = shell(`${openInput()} exec "$0" "$@" -lv 127.0.0.1 0`)
    const port = await portOf(server)
    await shell(`echo over | "$0" "$@" -N 127.0.0.1 ${port}`).ended
    expect(await server.ended).toMatchObject({ code: 0, stdout: 'over\n' })
  })

  test('-k serves one client after the other', async () => {
    const server = run([...nc, '-lkv', '127.0.0.1', '0'])
    const port = await portOf(server)
    for (const word of ['one', 'two'])
      expect(await shell(`echo ${word} | "$0" "$@" -N 127.0.0.1 ${port}`).ended).toMatchObject({ code: 0 })
    await server.printed(/^one\ntwo\n$/)
    server.child.kill('SIGINT')
    expect(await server.ended).toMatchObject({ code: null, signal: 'SIGINT' })
  })

  test.each([[['-lkv']], [['-lkv', '-e', 'cat']]])('%j outlives clients that reset at once', async given => {
    const server = run([...nc, ...given, '127.0.0.1', '0'])
    const port = Number(await portOf(server))
    for (let i = 0; i < 200; i++) {
      const client = new AsyncSocket() // so that what nc prints is read meanwhile
      await client.connect(['127.0.0.1', port])
      setOption(client, options.linger, { on: true, seconds: 0 }) // close(2) resets then. socket(7)
      client.close()
    }
    const last = shell(`echo last | "$0" "$@" -N 127.0.0.1 ${port}`)
    expect(await last.ended).toMatchObject({ code: 0 })
    expect(server.child.exitCode).toBe(null)
  })

  test('-k -e serves several at a time', async () => {
    const server = run([...nc, '-lkv', '-e', 'cat', '127.0.0.1', '0'])
    const port = Number(await portOf(server))
    const clients = [new Socket(), new Socket()]
    for (const client of clients) client.connect(['127.0.0.1', port])
    for (const client of clients.reverse()) {
      client.sendall('ping')
      expect(String(client.recv(10))).toBe('ping')
    }
    for (const client of clients) client.close()
  })

  test('-U: a Unix socket, whose path is removed at the end', async () => {
    const path = join(temporary(), 'socket')
    const server = shell(`"$0" "$@" -lvU ${path} < /dev/null`)
    await server.printed(/listening on (.*)\n/)
    expect(await shell(`echo over | "$0" "$@" -NU ${path}`).ended).toMatchObject({ code: 0, stdout: '' })
    expect(await server.ended).toMatchObject({ code: 0, stdout: 'over\n' })
    expect(existsSync(path)).toBe(false)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s removes the path, and ends it', async signal => {
    const path = join(temporary(), 'socket')
    const server = run([...nc, '-lvU', path])
    await server.printed(/listening on (.*)\n/)
    server.child.kill(signal)
    expect(await server.ended).toMatchObject({ code: null, signal })
    expect(existsSync(path)).toBe(false)
  })

  test.skipIf(!linux)('-U @name: an abstract name, which only Linux has', async () => {
    const name = `@bsd-sockets-${process.pid}`
    const server = shell(`"$0" "$@" -lvU ${name} < /dev/null`)
    await server.printed(new RegExp(`listening on ${name}\n`))
    expect(await shell(`echo over | "$0" "$@" -NU ${name}`).ended).toMatchObject({ code: 0 })
    expect(await server.ended).toMatchObject({ code: 0, stdout: 'over\n' })
  })

  test('-u: datagrams', async () => {
    const server = run([...nc, '-luv', '127.0.0.1', '0'])
    const port = await portOf(server)
    const client = shell(`"$0" "$@" -u -q 0 127.0.0.1 ${port} <<END\nover\nEND\n`)
    expect((await server.printed(/^over\n$/))[0]).toBe('over\n')
    expect(await client.ended).toMatchObject({ code: 0, stderr: '' })
    server.child.kill('SIGKILL')
  })

  test('-uk: datagrams of all senders', async () => {
    const server = run([...nc, '-lukv', '127.0.0.1', '0'])
    const port = await portOf(server)
    for (const word of ['one', 'two']) await shell(`printf ${word} | "$0" "$@" -u -q 0 127.0.0.1 ${port}`).ended
    await server.printed(/^onetwo$/)
    server.child.kill('SIGKILL')
  })

  test.skipIf(!linux)(
    '-uU: Unix datagrams, and answers to a client that has no name (Linux gives it one)',
    async () => {
      const path = join(temporary(), 'socket')
      const server = new AsyncSocket(AF_UNIX, SOCK_DGRAM)
      onTestFinished(() => server.close())
      server.bind(path)
      const client = shell(`echo over | "$0" "$@" -w 1 -uU ${path}`)
      const [bytes, sender] = await server.recvfrom(100)
      expect(String(bytes)).toBe('over\n')
      await server.sendto('back\n', sender)
      expect(await client.ended).toMatchObject({ code: 0, stdout: 'back\n' })
    },
  )
})

test('--send-fd sends a descriptor with the first bytes', async () => {
  const folder = temporary()
  const [path, file] = [join(folder, 'socket'), join(folder, 'file')]
  writeFileSync(file, 'contents')
  const server = new AsyncSocket(AF_UNIX, SOCK_STREAM)
  onTestFinished(() => server.close())
  server.bind(path)
  server.listen()
  for (const [input, expected] of [
    ['echo over', 'over\n'],
    ['true', '\0'],
  ] as const) {
    const client = shell(`${input} | "$0" "$@" -N --send-fd 3 -U ${path} 3< ${file}`)
    const [connection] = await server.accept()
    const message = await connection.recvFds(100, 4)
    expect(String(message.data)).toBe(expected)
    expect(readFileSync(message.fds[0]!.fd, 'utf8')).toBe('contents')
    for (const fd of message.fds) fd.close()
    connection.close()
    expect(await client.ended).toMatchObject({ code: 0, stderr: '' })
  }
})

describe('--tls', () => {
  function certificate(): { pem: string } {
    const pem = join(temporary(), 'pem')
    const { key, cert } = selfSigned()
    writeFileSync(pem, key + cert)
    return { pem }
  }

  test('relays in both directions, to a trusted server', async () => {
    const { pem } = certificate()
    const input = bigFile()
    const server = shell(`"$0" "$@" -lv --tls --cert ${pem} 127.0.0.1 0 < ${input}`)
    const port = await portOf(server)
    const client = shell(`echo over | "$0" "$@" -N4 --tls --ca ${pem} localhost ${port} | cmp - ${input}`)
    expect(await client.ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await server.ended).toMatchObject({ code: 0, stdout: 'over\n' })
  })

  test('-k outlives clients that leave before the handshake is done', async () => {
    const { pem } = certificate()
    const server = run([...nc, '-lkv', '--tls', '--cert', pem, '127.0.0.1', '0'])
    const port = Number(await portOf(server))
    for (let i = 1; i <= 3; i++) {
      const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      if (i > 1) client.write(Buffer.from([22, 3, 1, 0, 200, 1])) // the beginning of a ClientHello
      client.end()
      await server.printed(new RegExp(`(connected to .*\n[^]*handshake.*\n){${i}}`))
      client.destroy()
    }
    expect(server.child.exitCode).toBe(null)
  })

  test('fails where the server leaves before the handshake is done', async () => {
    const silent = await serving(client => void client.end())
    const { code, stderr } = await run([...nc, '--tls', '127.0.0.1', `${silent.port}`]).ended
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('TLS') as string })
  })

  test('refuses a server that it does not trust, unless --insecure', async () => {
    const { pem } = certificate()
    const server = run([...nc, '-lkv', '--tls', '--cert', pem, '-e', 'cat', '127.0.0.1', '0'])
    const port = await portOf(server)
    const client = (...options: string[]) =>
      shell(`echo over | "$0" "$@" -N --tls ${options.join(' ')} 127.0.0.1 ${port}`).ended
    expect(await client()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/self-signed/) as string,
    })
    expect(await client('--ca', pem)).toMatchObject({ code: 1, stdout: '' }) // it is localhost's
    expect(await client('--insecure')).toMatchObject({ code: 0, stdout: 'over\n' })
  })
})
