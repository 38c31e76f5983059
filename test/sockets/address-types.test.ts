// The type of an address follows from the family of its socket. The compiler checks the types; what they promise is checked here.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  createConnection,
  createServer,
  getaddrinfo,
  SOCK_DGRAM,
  SOCK_RAW,
  Socket,
} from 'bsd-sockets'
import type { InetAddress, NetlinkAddress, SocketAddress, UnixAddress } from 'bsd-sockets'
import * as promises from 'bsd-sockets/promises'
import { bind, listen } from 'bsd-sockets/reactor'
import type { ListenOptions } from 'bsd-sockets/reactor'
import { expect, expectTypeOf, onTestFinished, test } from 'vitest'

const closing = <T extends { close(): void }>(socket: T): T => {
  onTestFinished(() => socket.close())
  return socket
}

test('a socket knows the addresses of its family', () => {
  const inet = closing(new Socket(AF_INET, SOCK_DGRAM))
  expectTypeOf(inet.getsockname()).toEqualTypeOf<InetAddress>()
  inet.bind(['127.0.0.1', 0])
  expect(inet.getsockname().port).toBeGreaterThan(0)
  const unix = closing(new promises.Socket(AF_UNIX, SOCK_DGRAM))
  expectTypeOf(unix.getsockname()).toEqualTypeOf<UnixAddress>()
  expectTypeOf<typeof unix.recvfrom>().returns.resolves.toEqualTypeOf<[Buffer, UnixAddress]>()
  expect(unix.getsockname()).toEqual({ family: 'unix' })
  expectTypeOf(
    new Map([
      [AF_INET, 'a'],
      [AF_UNIX, 'b'],
    ]).size,
  ).toBeNumber() // families can be mixed
  const either = (family = AF_INET): Socket => closing(new Socket(family, SOCK_DGRAM))
  expect([either(), either(AF_UNIX), either(1)].map(({ family }) => family)).toEqual([AF_INET, AF_UNIX, 1])
})

test('AsyncSocket is the Socket of promises', () => {
  expect(promises.AsyncSocket).toBe(promises.Socket)
})

test('any number is a family, whose addresses are of any kind', () => {
  const number: number = AF_INET
  const some = closing(new Socket(number))
  expectTypeOf(some.getsockname()).toEqualTypeOf<SocketAddress>()
  expectTypeOf(closing(new Socket()).getsockname()).toEqualTypeOf<SocketAddress>()
  const either = closing(new Socket(process.argv.length > 99 ? AF_INET6 : AF_INET))
  expectTypeOf(either.getsockname()).toEqualTypeOf<InetAddress>()
  const plain: Socket = closing(new Socket(AF_UNIX))
  expect(plain.family).toBe(AF_UNIX)
})

test.skipIf(AF_NETLINK === undefined)('a family of one system too', () => {
  const socket = closing(new Socket(AF_NETLINK!, SOCK_RAW))
  expectTypeOf(socket.getsockname()).toEqualTypeOf<NetlinkAddress>()
  expect(socket.getsockname().groups).toBe(0)
})

test('the address of a server is where a client connects to', async () => {
  const server = closing(createServer(0))
  const client = closing(createConnection(server.getsockname()))
  const [accepted, address] = server.accept()
  closing(accepted)
  expectTypeOf(address).toEqualTypeOf<InetAddress>()
  expect(address.port).toBe(client.getsockname().port)
  const later = closing(await promises.createServer(0))
  const other = closing(await promises.createConnection(later.getsockname()))
  const [last, from] = await later.accept()
  closing(last)
  expect(from.port).toBe(other.getsockname().port)
})

test('what getaddrinfo returns gives a socket its type', () => {
  const [info] = getaddrinfo('127.0.0.1', 0, { type: SOCK_DGRAM })
  const socket = closing(new Socket(info!.family, info!.type, info!.protocol))
  socket.bind(info!.address)
  expect(socket.getsockname().address).toBe('127.0.0.1')
})

test('what the reactor listens on and binds has an address of the type that the options give', () => {
  const server = closing(listen({ port: 0, data: (connection, bytes) => connection.write(bytes) }))
  expectTypeOf(server.address).toEqualTypeOf<InetAddress>()
  expect(server.address.port).toBeGreaterThan(0)
  expectTypeOf(closing(listen({})).address).toEqualTypeOf<InetAddress>()
  expect(closing(listen(0, { data: () => {} })).address.address).toBe('127.0.0.1')
  const folder = mkdtempSync(join(tmpdir(), 'address-types-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'server')
  const unix = closing(listen({ path }))
  expectTypeOf(unix.address).toEqualTypeOf<UnixAddress>()
  expect(unix.address).toEqual({ family: 'unix', path })
  expect(closing(bind({ port: 0 })).address.port).toBeGreaterThan(0)
  expectTypeOf(closing(bind({ path: join(folder, 'datagrams') })).address).toEqualTypeOf<UnixAddress>()
  expectTypeOf(closing(listen({ fd: createServer(0).detach() })).address).toEqualTypeOf<SocketAddress>()
  const options: ListenOptions = { port: 0 }
  expectTypeOf(closing(listen(options)).address).toEqualTypeOf<SocketAddress>()
})
