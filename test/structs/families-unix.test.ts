import {
  AF_UNIX,
  encodeAddress,
  MessageBatch,
  MSG_TRUNC,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  Socket,
} from 'bsd-sockets'
import type { AddressLike } from 'bsd-sockets'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { bound, conversation, opened, stream } from '../support/sockets.js'

// Only Linux has abstract names; it also has more room for a path. unix(7)
const linux = process.platform === 'linux'
const directory = mkdtempSync(join(tmpdir(), 'families-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('UNIX', () => {
  const path = (name: string): string => join(directory, name)

  describe.each([
    ['a path', () => path('stream')],
    [
      'the bytes of a path that is not UTF-8',
      () => Buffer.concat([Buffer.from(path('')), Buffer.of(0x2f, 0xff, 0xfe)]),
    ],
    ...(linux ? ([['an abstract name', () => ({ family: 'unix', abstract: 'a\0b\0' }) as const]] as const) : []),
  ] as [string, () => AddressLike][])('by %s', (_, make) => {
    test('streams', () => {
      const address = make()
      const listener = bound(AF_UNIX, SOCK_STREAM, address)
      expect(encodeAddress(listener.getsockname())).toEqual(encodeAddress(address))
      listener.listen()
      const client = opened(AF_UNIX, SOCK_STREAM)
      client.connect(address)
      const [server, from] = listener.accept()
      onTestFinished(() => server.close())
      expect(from).toEqual({ family: 'unix' })
      expect(client.getpeername()).toEqual(listener.getsockname())
      conversation(client, server)
      rmSync(Buffer.isBuffer(address) ? address : path('stream'), { force: true })
    })

    test('datagrams', () => {
      const address = make()
      const server = bound(AF_UNIX, SOCK_DGRAM, address)
      const client = bound(AF_UNIX, SOCK_DGRAM, path('client'))
      client.sendto('there', address)
      const [data, from] = server.recvfrom(64)
      expect(data.toString()).toBe('there')
      expect(from).toEqual({ family: 'unix', path: path('client') })
      server.sendto('and back', from)
      expect(client.recv(64).toString()).toBe('and back')
      for (const name of [Buffer.isBuffer(address) ? address : path('stream'), path('client')])
        rmSync(name, { force: true })
    })
  })

  test('a path of the maximum length, and no longer one', () => {
    const room = linux ? 107 : 103
    const long = path('x').padEnd(room, 'x')
    const socket = bound(AF_UNIX, SOCK_DGRAM, long)
    expect(socket.getsockname()).toEqual({ family: 'unix', path: long })
    expect(() => opened(AF_UNIX, SOCK_DGRAM).bind(`${long}x`)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    )
    expect(readdirSync(directory).filter(name => name.startsWith('xx'))).toHaveLength(1)
  })

  test('unnamed: the address of an unbound socket', () => {
    const [here, there] = Socket.pair(AF_UNIX, SOCK_DGRAM)
    onTestFinished(() => [here, there].forEach(end => end.close()))
    expect(here.getsockname()).toEqual({ family: 'unix' })
    expect(here.getpeername()).toEqual({ family: 'unix' })
    for (let i = 0; i < 3; i++) here.send('x')
    expect(there.recvmsg(1).address).toEqual({ family: 'unix' })
    expect(there.recvfrom(1)[1]).toEqual({ family: 'unix' })
    const batch = new MessageBatch(1, 1)
    expect(there.recvmmsg(batch)).toBe(1)
    expect(batch.address(0)).toEqual({ family: 'unix' })
    batch.reply(0, 'y') // to the peer that the socket is connected to
    there.sendmmsg(batch)
    expect(here.recv(1).toString()).toBe('y')
    batch.set(0, 'z')
    expect(batch.address(0)).toBeNull()
  })

  test('unnamed: the sender of a datagram from an unbound socket', () => {
    const path = join(directory, 'bound')
    const server = bound(AF_UNIX, SOCK_DGRAM, path)
    const client = opened(AF_UNIX, SOCK_DGRAM)
    client.sendto('one', path)
    client.sendto('two', path)
    expect(server.recvfrom(3)).toEqual([Buffer.from('one'), { family: 'unix' }])
    expect(server.recvmsg(3)).toMatchObject({ data: Buffer.from('two'), address: { family: 'unix' } })
  })

  describe.runIf(linux)('Linux', () => {
    test('a socket that is bound to the unnamed address gets an unused abstract name', () => {
      const socket = bound(AF_UNIX, SOCK_DGRAM, { family: 'unix' })
      expect(socket.getsockname()).toEqual({ family: 'unix', abstract: expect.stringMatching(/^[0-9a-f]{5}$/) })
    })

    test('abstract names are exact: another process finds them by exactly their bytes', () => {
      const name = `bsd-sockets\0${process.pid}\0`
      const listener = bound(AF_UNIX, SOCK_STREAM, { family: 'unix', abstract: name })
      listener.listen()
      const program = `import socket, sys
name = b'\\0bsd-sockets\\0' + str(${process.pid}).encode()
with socket.socket(socket.AF_UNIX) as s: s.connect(name + b'\\0')
try: socket.socket(socket.AF_UNIX).connect(name)
except ConnectionRefusedError: print('refused')`
      expect(execFileSync('python3', ['-c', program], { encoding: 'utf8' })).toBe('refused\n')
      listener.accept()[0].close()
    })

    test('sequenced packets keep their boundaries, over a connection', () => {
      const [client, server] = stream(AF_UNIX, { family: 'unix', abstract: `seq${process.pid}` }, 0, SOCK_SEQPACKET)
      for (const packet of ['one', 'two', '']) client.send(packet)
      expect([server.recv(64), server.recv(1), server.recv(64)].map(String)).toEqual(['one', 't', ''])
      client.send('cut short')
      expect(server.recvmsg(3).flags & MSG_TRUNC).toBe(MSG_TRUNC)
    })

    test('a raw address is accepted', () => {
      const data = Buffer.from('\0raw\0bytes')
      const socket = bound(AF_UNIX, SOCK_DGRAM, { family: 'raw', af: AF_UNIX, data })
      expect(socket.getsockname()).toEqual({ family: 'unix', abstract: 'raw\0bytes' })
    })
  })
})
