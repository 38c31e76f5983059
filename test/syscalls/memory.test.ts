import { constants } from 'node:os'
import {
  AF_INET,
  AF_UNIX,
  encodeAddress,
  MSG_DONTWAIT,
  SO_ATTACH_FILTER,
  SO_GET_FILTER,
  SO_LINGER,
  SO_RCVBUF,
  SOCK_DGRAM,
} from 'bsd-sockets'
import { SOCK_STREAM, SOL_SOCKET, supports } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { describe, expect, test } from 'vitest'
import { call } from '../../lib/tested.js'
import { addressOf, listener, ok, opened, pair, receive, tcp, udp } from '../support/floor.js'

/** A view inside larger memory, and a function that tells whether no byte outside it was written. */
function guarded(size: number, before = 16): { view: Buffer; untouched: () => boolean } {
  const memory = Buffer.allocUnsafeSlow(before + size + 4096).fill(0xa5)
  const view = memory.subarray(before, before + size)
  return {
    view,
    untouched: () => memory.every((byte, i) => byte === 0xa5 || (i >= before && i < before + size)),
  }
}

function transfer(view: ArrayBufferView): void {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
}

// Of ES2024: Node has it, the compiler's library lacks it.
interface Resizable extends ArrayBuffer {
  resize(length: number): void
}
const resizable = (length: number, maxByteLength: number): Resizable =>
  Reflect.construct(ArrayBuffer, [length, { maxByteLength }]) as Resizable

// A global of Node that the compiler's library lacks.
interface WithWebAssembly {
  WebAssembly: { Memory: new (descriptor: { initial: number }) => { buffer: ArrayBuffer } }
}
const { WebAssembly } = globalThis as unknown as WithWebAssembly

const claims = [0, 1, 2, 4, 15, 16, 17, 4096, 2 ** 31, 2 ** 32 - 1]

describe('the kernel never writes past a view, whatever length is given', () => {
  test.each([0, 1, 2, 4, 15, 16, 28])('addresses, with room for %i bytes', size => {
    const [client, server] = tcp()
    const listening = listener()
    const [one, two] = [udp(), udp()]
    const length = new Uint32Array(1)
    const { view, untouched } = guarded(size)
    const calls = {
      getsockname: () => sys.getsockname(client, view, length),
      getpeername: () => sys.getpeername(server, view, length),
      recvfrom() {
        ok(sys.sendto(one, Buffer.from('x'), 0, addressOf(two)))
        return sys.recvfrom(two, new Uint8Array(1), 0, view, length)
      },
      accept() {
        ok(sys.connect(opened(sys.socket(AF_INET, SOCK_STREAM, 0)), addressOf(listening)))
        return opened(sys.accept(listening, view, length))
      },
    }
    for (const claim of claims) {
      for (const [name, make] of Object.entries(calls)) {
        length[0] = claim
        expect({ name, claim, failed: make() < 0 }).toEqual({ name, claim, failed: false })
        expect(length[0]).toBe(16)
      }
    }
    expect(untouched()).toBe(true)
  })

  test.each([0, 1, 4, 7, 8, 64])('options, with room for %i bytes', size => {
    const [fd] = tcp()
    const { view, untouched } = guarded(size)
    for (const claim of claims) {
      const length = new Uint32Array([claim])
      expect(sys.getsockopt(fd, SOL_SOCKET, SO_LINGER, view, length)).toBe(0)
      expect(length[0]).toBe(Math.min(claim, size, 8))
    }
    expect(untouched()).toBe(true)
  })

  test.runIf(supports.option(SOL_SOCKET, SO_ATTACH_FILTER))(
    'a filter, for which the kernel counts instructions',
    () => {
      const fd = udp()
      const attach = call<(fd: number, level: number, name: number, instructions: Buffer) => number>('setsockopt_fprog')
      const accept = Buffer.from('06000000ffff0000', 'hex')
      ok(attach(fd, SOL_SOCKET, SO_ATTACH_FILTER!, Buffer.concat([accept, accept, accept])))
      for (const size of [0, 8, 16, 24, 64]) {
        const { view, untouched } = guarded(size)
        for (const claim of claims) sys.getsockopt(fd, SOL_SOCKET, SO_GET_FILTER!, view, new Uint32Array([claim]))
        expect(untouched()).toBe(true)
      }
    },
  )

  test('received bytes', () => {
    const [one, two] = pair(SOCK_DGRAM)
    const { view, untouched } = guarded(10)
    const ways = [
      () => sys.recv(two, view, 0),
      () => sys.read(two, view),
      () => sys.recvfrom(two, view, 0, null, null),
      () => sys.readv(two, [view.subarray(0, 3), view.subarray(3)]),
      () => sys.recvmsg(two, { iov: [view], nameLength: 0, controlLength: 0, flags: 0 }, 0),
    ]
    for (const way of ways) {
      ok(sys.send(one, Buffer.alloc(1000, 'x'), 0))
      expect(way()).toBe(10)
    }
    expect(view.toString()).toBe('x'.repeat(10))
    expect(untouched()).toBe(true)
  })

  test('descriptors and sets', () => {
    const { view, untouched } = guarded(8, 3)
    ok(sys.socketpair(AF_UNIX, SOCK_STREAM, 0, view as unknown as Int32Array))
    for (const at of [0, 4]) ok(sys.close(view.readInt32LE(at)))
    expect(untouched()).toBe(true)
    expect(() => sys.socketpair(AF_UNIX, SOCK_STREAM, 0, new Int32Array(1))).toThrow(/"fds" .* 8 bytes/)
    const set = guarded(128, 5)
    sys.FD_ZERO(set.view)
    sys.FD_SET(1023, set.view)
    expect(sys.FD_ISSET(1023, set.view)).toBe(1)
    expect(set.untouched()).toBe(true)
  })
})

describe('views', () => {
  const kinds = {
    Buffer: Buffer.from('bytes, of a Buffer'),
    'a view at an odd offset': Buffer.from(' bytes, not aligned').subarray(1),
    DataView: new DataView(Buffer.from('of a DataView').buffer, 0, 13),
    Uint16Array: new Uint16Array(new Uint8Array(Buffer.from('sixteen bits')).buffer),
    Float64Array: new Float64Array(new Uint8Array(Buffer.from('sixty-four bits!')).buffer),
    BigInt64Array: new BigInt64Array(new Uint8Array(Buffer.from('8 bytes!')).buffer),
    'of shared memory': new Uint8Array(new SharedArrayBuffer(8)).fill(0x73),
    'of a resizable ArrayBuffer': new Uint8Array(resizable(8, 16)).fill(0x72),
    'of WebAssembly memory': new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 100, 9).fill(0x77),
  }

  test.each(Object.entries(kinds))('%s: its bytes are sent, and received into', (_, view) => {
    const [one, two] = pair(SOCK_DGRAM)
    const text = Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength).toString('latin1')
    expect(sys.send(one, view, 0)).toBe(view.byteLength)
    expect(sys.writev(one, [view, view])).toBe(2 * view.byteLength)
    expect([receive(two), receive(two)]).toEqual([text, text + text])
    ok(sys.send(one, Buffer.from(text, 'latin1').reverse(), 0))
    expect(sys.recv(two, view, MSG_DONTWAIT)).toBe(view.byteLength)
    const back = Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength).toString('latin1')
    expect(back).toBe(Buffer.from(text, 'latin1').reverse().toString('latin1'))
  })

  test('an empty one has no bytes, and is no null pointer', () => {
    const [one, two] = pair(SOCK_DGRAM)
    const none = new Uint8Array(0)
    expect(sys.send(one, none, 0)).toBe(0)
    expect(sys.recv(two, none, MSG_DONTWAIT)).toBe(0)
    expect(sys.recv(two, none, MSG_DONTWAIT)).toBe(-constants.errno.EAGAIN)
    expect(sys.bind(one, none)).toBe(-constants.errno.EINVAL)
    expect(sys.poll(none, 0)).toBe(0)
  })

  test('structures need no alignment', () => {
    const odd = (view: ArrayBufferView): Buffer =>
      Buffer.concat([Buffer.alloc(1), Buffer.from(view.buffer, view.byteOffset, view.byteLength)]).subarray(1)
    const [fd] = tcp()
    const length = odd(new Uint32Array([16])) as unknown as Uint32Array
    expect(sys.getsockname(fd, odd(new Uint8Array(16)), length)).toBe(0)
    expect(Buffer.from(length).readUInt32LE()).toBe(16)
    expect(sys.poll(odd(new Int32Array([fd, 4])), 0)).toBe(1)
    const set = odd(new Uint8Array(128))
    sys.FD_SET(fd, set)
    expect(sys.select(fd + 1, null, set, null, odd(new BigInt64Array(2)))).toBe(1)
    expect(sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, odd(new Int32Array([1, 1])))).toBe(0)
    ok(sys.bind(opened(sys.socket(AF_INET, SOCK_STREAM, 0)), odd(encodeAddress(['127.0.0.1', 0]))))
  })

  test('one outside its shrunk buffer has no bytes; one that tracks the length has the remaining bytes', () => {
    const [one] = pair(SOCK_DGRAM)
    const buffer = resizable(64, 128)
    const [fixed, view, tracking] = [
      new Uint8Array(buffer, 32, 16),
      new DataView(buffer, 32, 16),
      new Uint8Array(buffer, 8),
    ]
    const sizes = (): number[] => [fixed, view, tracking].map(bytes => sys.send(one, bytes, 0))
    expect(sizes()).toEqual([16, 16, 56])
    buffer.resize(40)
    expect(sizes()).toEqual([0, 0, 32])
    buffer.resize(4)
    expect(sizes()).toEqual([0, 0, 0])
    buffer.resize(128)
    expect(sizes()).toEqual([16, 16, 120])
  })

  test('a detached one is a TypeError', () => {
    const [fd] = pair()
    for (const view of [new Uint8Array(8), new DataView(new ArrayBuffer(8)), new Float64Array(1), new Uint8Array(0)]) {
      transfer(view)
      const detached = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
      expect(() => sys.recv(fd, view, MSG_DONTWAIT)).toThrow(detached)
      expect(() => sys.readv(fd, [Buffer.alloc(1), view])).toThrow(detached)
      expect(() => sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, view)).toThrow(detached)
      expect(() => sys.getsockname(fd, Buffer.alloc(16), view as ArrayBufferView as Uint32Array)).toThrow(detached)
    }
  })
})

describe('an array of views whose elements are getters', () => {
  test('that detach another view, before or after', () => {
    const [fd] = pair()
    for (const at of [0, 1, 2]) {
      const views = [Buffer.allocUnsafeSlow(8), Buffer.allocUnsafeSlow(8), Buffer.allocUnsafeSlow(8)]
      const name = Buffer.allocUnsafeSlow(64)
      const other = views[(at + 1) % 3]!
      const got = views[at]!
      Object.defineProperty(views, at, {
        get() {
          if (other.length > 0) transfer(other)
          if (name.length > 0) transfer(name)
          return got
        },
      })
      const detached = /"(views|message\.iov)" (argument|property) must not be detached/
      expect(() => sys.readv(fd, views)).toThrow(detached)
      expect(() => sys.writev(fd, views)).toThrow(detached)
      const message = { iov: views, name, nameLength: 0, controlLength: 0, flags: 0 }
      expect(() => sys.recvmsg(fd, message, MSG_DONTWAIT)).toThrow(detached)
      expect(() => sys.recvmsg(fd, { ...message, iov: [got] }, MSG_DONTWAIT)).toThrow(/"message\.name" property/)
    }
  })

  test('that shrink the array or throw; and an argument that is not an array', () => {
    const [fd] = pair()
    const shrinking: Buffer[] = [Buffer.alloc(1), Buffer.alloc(1)]
    Object.defineProperty(shrinking, 0, {
      get() {
        shrinking.length = 1
        return Buffer.alloc(1)
      },
    })
    expect(() => sys.writev(fd, shrinking)).toThrow(/"views" argument must be an ArrayBufferView. Received undefined/)
    const throwing = Object.defineProperty([Buffer.alloc(1)], 0, {
      get() {
        throw new Error('its own')
      },
    })
    expect(() => sys.writev(fd, throwing)).toThrow('its own')
    expect(() => sys.writev(fd, new Proxy([Buffer.alloc(1)], {}))).toThrow(/"views" argument must be an array/)
    expect(() => sys.writev(fd, Array<Buffer>(1025).fill(Buffer.alloc(1)))).toThrow(
      /"views" .* 1024 views. Received 1025/,
    )
    expect(sys.writev(fd, Array<Buffer>(1024).fill(Buffer.alloc(1)))).toBe(1024)
  })
})
