// Sockets for tests: each is closed when its test is over, and waits five seconds at most.
import { SHUT_WR, Socket, SOCK_DGRAM, SOCK_STREAM } from 'bsd-sockets'
import type { AddressLike } from 'bsd-sockets'
import { expect, onTestFinished, test } from 'vitest'

export function opened(family: number, type: number, protocol = 0): Socket {
  const socket = new Socket(family, type, protocol)
  socket.settimeout(5000)
  onTestFinished(() => socket.close())
  return socket
}

export function bound(family: number, type: number, address: AddressLike, protocol?: number): Socket {
  const socket = opened(family, type, protocol)
  socket.bind(address)
  return socket
}

/** A test that this machine may not allow: then its name says why. */
export function allowed(name: string, reason: string | null, body: () => void | Promise<void>): void {
  test.skipIf(reason !== null)(reason === null ? name : `${name} (skipped: ${reason})`, body)
}

/** Connects, sends both ways, and sees that half-close ends one direction alone. */
export function conversation(client: Socket, server: Socket): void {
  client.sendall('to the server')
  expect(server.recv(64).toString()).toBe('to the server')
  client.shutdown(SHUT_WR)
  expect(server.recv(64)).toHaveLength(0)
  server.sendall('to the client')
  expect(client.recv(64).toString()).toBe('to the client')
}

export function stream(family: number, address: AddressLike, protocol?: number, type = SOCK_STREAM): [Socket, Socket] {
  const listener = bound(family, type, address, protocol)
  listener.listen()
  const client = opened(family, type, protocol)
  client.connect(listener.getsockname())
  const [server, from] = listener.accept()
  onTestFinished(() => server.close())
  expect(from).toEqual(client.getsockname())
  expect(server.getsockname()).toEqual(client.getpeername())
  return [client, server]
}

export function datagrams(family: number, address: AddressLike, protocol?: number): void {
  const server = bound(family, SOCK_DGRAM, address, protocol)
  const client = bound(family, SOCK_DGRAM, address, protocol)
  client.sendto('one', server.getsockname())
  const [data, from] = server.recvfrom(64)
  expect(data.toString()).toBe('one')
  expect(from).toEqual(client.getsockname())
  server.sendto('two', from)
  client.connect(server.getsockname())
  expect(client.recv(64).toString()).toBe('two')
}
