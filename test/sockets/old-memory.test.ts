// Memory that is allocated without being cleared holds what it held before: perhaps a key. Here such memory is filled with a
// pattern, which must be in nothing that a program gets or a peer receives.
import { expect, test } from 'vitest'
import { script } from '../support/child.js'

const head = `
  for (const name of ['allocUnsafe', 'allocUnsafeSlow']) {
    const allocate = Buffer[name]
    Buffer[name] = size => allocate(size).fill(0xa5)
  }
  const wrong = []
  let seen = 0
  function look(what, value) {
    if (ArrayBuffer.isView(value)) {
      seen++
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      if (bytes.includes(Buffer.alloc(4, 0xa5))) wrong.push(what)
    } else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) look(what, one)
  }
  const end = () => console.log(seen > 0, JSON.stringify(wrong))
  const all = await import('bsd-sockets')
  const { Socket, AF_INET, AF_UNIX, SOCK_DGRAM, MSG_TRUNC, MSG_PEEK, SOL_SOCKET } = all`

test('no call of a Socket returns old memory', async () => {
  const program = `${head}
    for (const size of [1, 7, 100, 5000, 70_000, 300_000]) {
      const [left, right] = Socket.pair(AF_UNIX, all.SOCK_STREAM)
      left.settimeout(1000)
      right.settimeout(1000)
      for (const room of [size, size + 1, 2 * size, 20_000, 400_000]) {
        const expected = Math.min(size, 60_000)
        const send = () => left.sendall(Buffer.alloc(expected, 'x'))
        send(); look('peek', right.recv(expected, MSG_PEEK)); look('recv', right.recv(expected))
        send(); look('waitall', right.recv(expected, all.MSG_WAITALL))
        send(); look('recvfrom', right.recvfrom(room)); right.setblocking(false)
        while (right.tryRecv(room) !== null); right.settimeout(1000)
        send(); look('recvmsg', right.recvmsg(room, 1000)); while (right.tryRecv(room) !== null);
      }
      left.close(); right.close()
    }
    const server = new Socket(AF_INET, SOCK_DGRAM)
    server.bind(['127.0.0.1', 0])
    const client = new Socket(AF_INET, SOCK_DGRAM)
    client.connect(server.getsockname())
    for (const size of [0, 1, 1000, 20_000]) {
      client.send(Buffer.alloc(size, 'x')); look('udp', server.recvfrom(65536))
      client.send(Buffer.alloc(size, 'x')); look('udp, truncated', server.recvfrom(10))
      client.send(Buffer.alloc(size, 'x')); look('udp, MSG_TRUNC', server.recvfrom(10, MSG_TRUNC))
      client.send(Buffer.alloc(size, 'x')); look('udp, recvmsg', server.recvmsg(100, 500, MSG_TRUNC))
    }
    const batch = new all.MessageBatch(4, 100, { controlSize: 64 })
    look('batch', batch)
    for (const length of [1, 4, 16, 128, 1000]) {
      for (const name of [all.SO_RCVBUF, all.SO_LINGER, all.SO_RCVTIMEO, all.SO_BINDTODEVICE]) {
        if (name === undefined) continue
        try { look('getsockopt', client.getsockopt(SOL_SOCKET, name, length)) } catch {}
      }
      try { look('tcp info', new Socket().getsockopt(all.IPPROTO_TCP, all.TCP_INFO ?? all.TCP_CONNECTION_INFO, length)) } catch {}
    }
    for (const address of ['/a', '\\0abstract', { family: 'IPv6', address: '::1', port: 1 }, ['127.0.0.1', 1]]) {
      try { look('address', all.encodeAddress(address)) } catch {}
    }
    look('control', all.encodeControl([{ level: 0, type: 0, data: Buffer.alloc(3) }, { fds: [0] }].slice(0, 1)))
    end()`
  expect(await script(program).finished()).toBe('true []\n')
})

test('nor do the promises, the reactor and HTTP, nor does a peer receive it', async () => {
  const program = `${head}
    import net from 'node:net'
    const promises = await import('bsd-sockets/promises')
    const reactor = await import('bsd-sockets/reactor')
    const { serve } = await import('bsd-sockets/http')
    const [left, right] = promises.Socket.pair()
    for (const size of [1, 100, 5000, 60_000]) {
      await left.sendall(Buffer.alloc(size, 'x')); look('recv', await right.recv(size))
      await left.sendall(Buffer.alloc(size, 'x')); look('recvExactly', await promises.recvExactly(right, size))
      const waiting = right.recv(2 * size)
      await left.sendall(Buffer.alloc(size, 'x')); look('a waiting recv', await waiting)
      for (right.settimeout(0); right.tryRecv(100_000) !== null;);
      right.settimeout(null)
    }
    left.close(); right.close()

    let got = 0
    const server = reactor.listen({ data(connection, bytes) { look('data', bytes); got += bytes.length; connection.write(bytes) } })
    const client = net.connect(server.address.port, '127.0.0.1')
    let back = 0
    client.on('data', bytes => { look('echo', bytes); back += bytes.length })
    for (const size of [1, 100, 5000, 70_000]) client.write(Buffer.alloc(size, 'x'))
    while (back < 75_101) await new Promise(done => setTimeout(done, 1))
    client.destroy(); server.close()

    const bodies = { '/text': 'x'.repeat(3000), '/bytes': new Uint8Array(70_000), '/none': undefined }
    for (const streamBody of [false, true]) {
      const web = serve(async ({ path, body }) => {
        if (streamBody) for await (const bytes of body ?? []) look('streamed', bytes)
        else look('body', body)
        return { headers: { 'X-A': 'b'.repeat(900) }, body: bodies[path] }
      }, { port: 0, streamBody })
      for (const path of Object.keys(bodies)) {
        for (const length of [0, 10, 100_000]) {
          const socket = net.connect(web.port, '127.0.0.1')
          socket.write('POST ' + path + ' HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Length: ' + length + '\\r\\n\\r\\n')
          for (let i = 0; i < length; i += 10) socket.write('0123456789')
          const parts = []
          for await (const part of socket) parts.push(part)
          look('answer to ' + path, Buffer.concat(parts))
        }
      }
      web.close()
    }
    end()
    process.exit()`
  expect(await script(program).finished()).toBe('true []\n')
})

test('the pattern is found where there is old memory', async () => {
  expect(
    await script(`${head}
    look('a new room', all.roomFor(100))
    end()`).finished(),
  ).toBe('true ["a new room"]\n')
})
