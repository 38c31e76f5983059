// Objects of another realm, for example a context of node:vm, are accepted as those of this realm: no check uses the
// constructor of one realm.
import { createContext, runInContext } from 'node:vm'
import { AF_UNIX, interrupt, MessageBatch, options, setOption, Socket, SOCK_DGRAM, type SocketError } from 'bsd-sockets'
import { encodeAddress, SO_MAX_PACING_RATE, SOL_SOCKET } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { bind } from 'bsd-sockets/reactor'
import { describe, expect, onTestFinished, test } from 'vitest'

const context = createContext({})
const elsewhere = <T>(code: string): T => runInContext(code, context) as T

const sent: Record<string, string> = {
  'an ArrayBuffer': 'Uint8Array.of(1, 2, 3).buffer',
  'a SharedArrayBuffer': 'bytes = new Uint8Array(new SharedArrayBuffer(3)); bytes.set([1, 2, 3]); bytes.buffer',
  'a Uint8Array': 'Uint8Array.of(1, 2, 3)',
  'a DataView': 'new DataView(Uint8Array.of(1, 2, 3).buffer)',
}
const bytes = Buffer.of(1, 2, 3)

const pair = (): [Socket, Socket] => {
  const sockets = Socket.pair(AF_UNIX, SOCK_DGRAM)
  onTestFinished(() => sockets.forEach(socket => socket.close()))
  return sockets
}

describe.each(Object.entries(sent))('%s', (_, code) => {
  const data = (): NodeJS.ArrayBufferView => elsewhere(code)

  test('is sent, alone and in a message', () => {
    const [from, to] = pair()
    from.send(data())
    from.sendmsg([data()])
    expect([to.recv(9), to.recv(9)]).toEqual([bytes, bytes])
  })

  test('is sent by a promise', async () => {
    const [from, to] = AsyncSocket.pair()
    await from.sendall(data())
    expect(await to.recv(9)).toEqual(bytes)
    from.close()
    to.close()
  })

  test('is copied into a batch', () => {
    const batch = new MessageBatch(1, 8)
    batch.set(0, data())
    expect(batch.bytes(0)).toEqual(bytes)
  })
})

test('memory is received into', () => {
  const [from, to] = pair()
  from.send(bytes)
  const view = elsewhere<Uint8Array>('new Uint8Array(3)')
  expect(to.recvInto(view)).toBe(3)
  expect(Buffer.from(view)).toEqual(bytes)
})

test('the values of options are bytes', () => {
  const socket = new Socket()
  onTestFinished(() => socket.close())
  socket.setsockopt(SOL_SOCKET, SO_MAX_PACING_RATE!, elsewhere('Uint8Array.of(255, 255, 255, 127)'))
  setOption(socket, options.ipOptions, elsewhere('Uint8Array.of(1, 1, 1, 1)')) // IPOPT_NOP, RFC 791
  const key = elsewhere<Uint8Array>('new Uint8Array(4)')
  const refusal = (call: () => unknown): unknown => {
    try {
      return call()
    } catch (error) {
      return (error as SocketError).syscall
    }
  }
  // The kernel's answer does not matter here: the system call was made.
  expect(refusal(() => setOption(socket, options.tcpMd5Sig, { address: '127.0.0.1', key }))).toBeOneOf([
    undefined,
    'setsockopt',
  ])
})

test('an address is bytes, and is shown in an error', () => {
  const address = elsewhere<Uint8Array>('Uint8Array.of(...[..."/no/such"].map(letter => letter.charCodeAt(0)))')
  const socket = new Socket(AF_UNIX)
  onTestFinished(() => socket.close())
  expect(() => socket.connect(address)).toThrow(
    expect.objectContaining({ code: 'ENOENT', path: '/no/such', address: '/no/such' }) as Error,
  )
})

test('a handle of an interrupter is accepted', () => {
  const [socket] = pair()
  const { waker, fired } = socket.interrupter()
  const handle = elsewhere<(waker: number, buffer: unknown) => { waker: number; fired: Int32Array }>(
    '(waker, buffer) => ({ waker, fired: new Int32Array(buffer) })',
  )(waker, fired.buffer)
  expect(interrupt(handle)).toBe(true)
  expect(() => socket.recv(1)).toThrow('recv EINTR')
})

test('an error in sendall keeps its class, and has the number of bytes sent', async () => {
  class Failing extends AsyncSocket {
    override trySend(): number | null {
      throw elsewhere<Error>('new RangeError("of another realm")')
    }
  }
  const [socket, peer] = Failing.pair()
  await expect(socket.sendall('x')).rejects.toMatchObject({ message: 'of another realm', sent: 0 })
  socket.close()
  peer.close()
})

test('a misspelt handler of a plain object is found', () => {
  const handlers = elsewhere<Parameters<typeof bind>[0]>('({ onMessages() {} })')
  expect(() => bind(handlers)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }) as Error)
})

test('bytes are an address of any family', () => {
  const data = elsewhere<Uint8Array>('Uint8Array.of(7, 7)')
  expect(encodeAddress({ family: 'raw', af: 77, data }).subarray(-2)).toEqual(Buffer.of(7, 7))
})
