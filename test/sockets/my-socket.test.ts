// MySocket and recvExactly: messages of a fixed length that both ends know.
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { MySocket, recvExactly, Socket, TimeoutError } from 'bsd-sockets'
import * as promises from 'bsd-sockets/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { closing, connected, listening, portOf, thrown } from '../support/tcp.js'

const broken = 'socket connection broken'

describe('MySocket', () => {
  test('connects by name, sends and receives whole messages', () => {
    const server = listening()
    const socket = closing(new MySocket(8))
    socket.connect('localhost', portOf(server))
    const other = closing(new MySocket(8, server.accept()[0]))
    socket.mysend('12345678')
    expect(other.myreceive().toString()).toBe('12345678')
    other.mysend(Buffer.from('abcdefgh'))
    expect(socket.myreceive().toString()).toBe('abcdefgh')
    expect(socket.messageLength).toBe(8)
  })

  test('a message that arrives in pieces is one message, two that arrive together are two', () => {
    const [client, accepted] = connected()
    const socket = new MySocket(4, accepted)
    for (const piece of ['a', 'aa', 'abbbb']) client.sendall(piece)
    expect(socket.myreceive().toString()).toBe('aaaa')
    expect(socket.myreceive().toString()).toBe('bbbb')
  })

  test('a message that is larger than a recv and the buffers arrives whole', async () => {
    const length = 4 * 1024 * 1024 + 1
    const [client, accepted] = connected()
    const code = `import('bsd-sockets').then(({ MySocket, Socket }) => {
      const { fd, length } = require('worker_threads').workerData
      const socket = new MySocket(length, Socket.fromFd(fd))
      socket.mysend(socket.myreceive())
      socket.close()
    })`
    const worker = new Worker(code, { eval: true, workerData: { fd: accepted.detach(), length } })
    onTestFinished(() => void worker.terminate())
    const ended = once(worker, 'exit')
    await once(worker, 'online')
    const socket = new MySocket(length, client)
    const message = Buffer.alloc(length, 'message ')
    socket.mysend(message)
    expect(socket.myreceive().equals(message)).toBe(true)
    await ended
  })

  test('a connection that ends within a message or before one is broken', () => {
    const [client, accepted] = connected()
    const socket = new MySocket(8, accepted)
    client.sendall('1234')
    client.close()
    expect(() => socket.myreceive()).toThrow(broken)
    expect(() => socket.myreceive()).toThrow(broken)
  })

  test('a message must have the given length', () => {
    const [client] = connected()
    const socket = new MySocket(4, client)
    expect(thrown(() => socket.mysend('12345'))).toMatchObject({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
    expect(thrown(() => socket.mysend('123'))).toMatchObject({ name: 'RangeError' })
    expect(thrown(() => recvExactly(client, -1))).toMatchObject({ code: 'ERR_OUT_OF_RANGE', argument: 'size' })
    for (const length of [0, -1, 1.5, NaN]) expect(() => new MySocket(length)).toThrow(RangeError)
  })

  test('without a connection it is broken', () => {
    const socket = new MySocket(1)
    const error = expect.objectContaining({ message: broken, code: 'ENOTCONN' }) as Error
    expect(() => socket.mysend('x')).toThrow(error)
    expect(() => socket.myreceive()).toThrow(error)
    socket.close()
  })
})

describe('recvExactly', () => {
  test('receives the given number of bytes, and no more', () => {
    const [first, second] = Socket.pair().map(closing) as [Socket, Socket]
    first.sendall('12345678')
    expect(recvExactly(second, 5).toString()).toBe('12345')
    expect(recvExactly(second, 0)).toHaveLength(0)
    expect(recvExactly(second, 3).toString()).toBe('678')
  })

  test('if the peer stops earlier, the connection is broken', () => {
    const [first, second] = Socket.pair().map(closing) as [Socket, Socket]
    first.sendall('123')
    first.close()
    expect(thrown(() => recvExactly(second, 5))).toMatchObject({
      message: broken,
      code: 'ERR_STREAM_PREMATURE_CLOSE',
      received: Buffer.from('123'),
    })
  })

  test('if the wait ends earlier, no byte is lost', () => {
    const [first, second] = Socket.pair().map(closing) as [Socket, Socket]
    first.sendall('123')
    second.settimeout(1)
    const error = thrown(() => recvExactly(second, 5))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ received: Buffer.from('123') })
    first.sendall('45678')
    expect(recvExactly(second, 5).toString()).toBe('45678')
  })
})

describe('of promises', () => {
  const pair = (): [promises.Socket, promises.Socket] =>
    promises.Socket.pair().map(closing) as [promises.Socket, promises.Socket]

  test('MySocket connects by name, sends and receives whole messages', async () => {
    const server = closing(await promises.createServer(['127.0.0.1', 0]))
    const socket = closing(new promises.MySocket(8))
    const [[accepted]] = await Promise.all([server.accept(), socket.connect('localhost', server.getsockname().port)])
    const other = closing(new promises.MySocket(8, accepted))
    const received = Promise.all([other.myreceive(), other.myreceive()])
    await Promise.all([socket.mysend('12345678'), socket.mysend(Buffer.from('abcdefgh'))])
    expect(String(await received)).toBe('12345678,abcdefgh')
    await expect(socket.mysend('123')).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE', argument: 'message.length' })
    other.close()
    await expect(socket.myreceive()).rejects.toMatchObject({ message: broken, code: 'ERR_STREAM_PREMATURE_CLOSE' })
  })

  test('MySocket without a connection, or with a socket that blocks', async () => {
    await using socket = new promises.MySocket(1)
    const error = { message: broken, code: 'ENOTCONN' }
    await expect(socket.mysend('x')).rejects.toMatchObject(error)
    await expect(socket.myreceive()).rejects.toMatchObject(error)
    const [blocking] = connected()
    expect(() => new promises.MySocket(1, blocking as never)).toThrow(expect.objectContaining({ argument: 'socket' }))
    await expect(promises.recvExactly(blocking as never, 1)).rejects.toMatchObject({ argument: 'socket' })
  })

  test('recvExactly calls of one socket get their bytes in their order, with nothing of each other', async () => {
    const [first, second] = pair()
    const received = [5, 0, 3].map(size => promises.recvExactly(second, size))
    for (const byte of '12345678') {
      await first.sendall(byte)
      await new Promise(setImmediate)
    }
    expect((await Promise.all(received)).map(String)).toEqual(['12345', '', '678'])
  })

  test('recvExactly gives what came before the end, a timeout or an abort', async () => {
    const [first, second] = pair()
    await first.sendall('12')
    const received = (text: string): unknown => expect.objectContaining({ received: Buffer.from(text) })
    const late = promises.recvExactly(second, 5, { timeout: 1 })
    await expect(late).rejects.toBeInstanceOf(TimeoutError)
    await expect(late).rejects.toEqual(received('12'))
    second.settimeout(0)
    await expect(promises.recvExactly(second, 1)).rejects.toMatchObject({ code: 'EAGAIN', received: Buffer.alloc(0) })
    second.settimeout(null)
    await first.sendall('3')
    const controller = new AbortController()
    const aborted = promises.recvExactly(second, 5, { signal: controller.signal })
    await new Promise(setImmediate)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError', received: Buffer.from('3') })
    await first.sendall('45')
    first.close()
    const ended = promises.recvExactly(second, 5)
    await expect(ended).rejects.toMatchObject({ message: broken, code: 'ERR_STREAM_PREMATURE_CLOSE' })
    await expect(ended).rejects.toEqual(received('45'))
    await expect(promises.recvExactly(second, -1)).rejects.toMatchObject({ argument: 'size' })
  })
})
