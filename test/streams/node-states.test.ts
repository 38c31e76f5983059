// Each method of a server and of a datagram socket of Node, in each of its states, behaves with a socket of this package as with
// one that Node has opened.
import dgram from 'node:dgram'
import { once } from 'node:events'
import type { EventEmitter } from 'node:events'
import net from 'node:net'
import { AF_INET, Socket, SOCK_DGRAM } from 'bsd-sockets'
import { listenNet, toDgram } from 'bsd-sockets/streams'
import { describe, expect, test } from 'vitest'
import { codeOf, quiet, shown } from '../support/states.js'
import { closing, listening, portOf } from '../support/tcp.js'

type Called = (error?: Error | null, value?: unknown) => void

/** The outcome of a method: its result or error, the events after it, and the object's state in the end. */
async function play<T extends EventEmitter>(
  object: T,
  events: readonly string[],
  method: (object: T, called: Called) => unknown,
  after: (object: T) => unknown,
): Promise<unknown> {
  const told: string[] = []
  for (const event of events) object.on(event, (...given: unknown[]) => void told.push(shown(event, given)))
  let returned: unknown
  try {
    const value = await method(object, (...given) => void told.push(shown('callback', given)))
    returned = value === object ? 'itself' : value
  } catch (error) {
    returned = `throws ${codeOf(error)}`
  }
  await quiet()
  return JSON.parse(JSON.stringify({ returned: returned ?? null, told, after: after(object) }))
}

/** An address without the port, which differs each time. */
const placeOf = (address: object | string | null): unknown =>
  address === null || typeof address === 'string' ? address : { ...address, port: 0 }

describe('a server that has a socket by listenNet', () => {
  const makers = {
    async own() {
      const server = net.createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    },
    ours: () => listenNet(net.createServer(), listening()),
    'ours that did not listen': () => {
      const socket = closing(new Socket())
      socket.bind(['127.0.0.1', 0])
      return listenNet(net.createServer(), socket)
    },
  }
  const client = (server: net.Server): Socket => {
    const socket = closing(new Socket())
    socket.connect({ address: '127.0.0.1', port: (server.address() as net.AddressInfo).port })
    return socket
  }
  const states: Record<string, (server: net.Server) => unknown> = {
    listening: () => undefined,
    'with a client': client,
    "unref'ed": server => server.unref(),
    'that takes no client': server => (server.maxConnections = 0),
    closed: server => server.close(),
    'closed with a client': async server => {
      client(server)
      await once(server, 'connection')
      server.close()
    },
    'with a client that is gone': server => client(server).close(),
  }
  const methods: Record<string, (server: net.Server, called: Called) => unknown> = {
    nothing: () => null,
    'listen again': (server, called) => server.listen(0, '127.0.0.1', called),
    'listen twice': (server, called) => server.listen(0, '127.0.0.1', called).listen(0, called),
    'a socket again': async server => {
      const socket = listening()
      try {
        await listenNet(server, socket)
        return { taken: socket.closed }
      } catch (error) {
        return { refused: codeOf(error), taken: socket.closed }
      }
    },
    close: (server, called) => server.close(called),
    'close twice': (server, called) => server.close(called).close(called),
    'close and listen': (server, called) => server.close(called).listen(0, '127.0.0.1', called),
    address: server => placeOf(server.address()),
    getConnections: (server, called) => server.getConnections((error, count) => called(error ?? new Error(`${count}`))),
    ref: server => server.ref(),
    unref: server => server.unref(),
    'another client': server => (server.listening ? typeof client(server) : null),
  }

  const outcome = async (maker: keyof typeof makers, state: string, method: string): Promise<unknown> => {
    const server = await makers[maker]()
    const clients = new Set<net.Socket>()
    server.on('error', () => undefined).on('connection', one => clients.add(one.on('error', () => undefined).resume()))
    await states[state]!(server)
    await quiet()
    const events = ['listening', 'error', 'close', 'drop']
    try {
      return await play(server, events, methods[method]!, ({ listening }) => ({ listening, clients: clients.size }))
    } finally {
      server.close()
      for (const one of clients) one.destroy()
    }
  }

  describe.each(Object.keys(states))('%s', state => {
    test.each(Object.keys(methods).filter(method => method !== 'a socket again'))('%s', async method => {
      const [own, ...ours] = await Promise.all(
        (Object.keys(makers) as (keyof typeof makers)[]).map(maker => outcome(maker, state, method)),
      )
      for (const one of ours) expect(one).toEqual(own)
    })

    test('another socket is accepted once the previous one is closed', async () => {
      const all = (await Promise.all([
        outcome('own', state, 'a socket again'),
        outcome('ours', state, 'a socket again'),
      ])) as { returned: unknown }[]
      const refused = { refused: 'ERR_SERVER_ALREADY_LISTEN', taken: false }
      const returned = state.startsWith('closed') ? { taken: true } : refused
      for (const one of all) expect(one).toMatchObject({ returned })
      expect(all[1]).toEqual(all[0])
    })
  })
})

describe('a socket of dgram that toDgram made', () => {
  const makers = {
    async own() {
      const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(socket, 'listening')
      return socket
    },
    ours: () => {
      const socket = closing(new Socket(AF_INET, SOCK_DGRAM))
      socket.bind(['127.0.0.1', 0])
      return toDgram(socket)
    },
  }
  const peerOf = new WeakMap<dgram.Socket, Socket>()
  const port = (socket: dgram.Socket): number => portOf(peerOf.get(socket)!)
  const states: Record<string, (socket: dgram.Socket) => unknown> = {
    bound: () => undefined,
    connected: socket => socket.connect(port(socket), '127.0.0.1'),
    'connected, and no more': async socket => {
      socket.connect(port(socket), '127.0.0.1')
      await once(socket, 'connect')
      socket.disconnect()
    },
    'connected to who is gone': async socket => {
      socket.connect(port(socket), '127.0.0.1')
      await once(socket, 'connect')
      peerOf.get(socket)!.close()
      socket.send('nobody')
    },
    "unref'ed": socket => socket.unref(),
    closed: socket => socket.close(),
  }
  const sent = (called: Called) => (error: Error | null) => called(error)
  const methods: Record<string, (socket: dgram.Socket, called: Called) => unknown> = {
    nothing: () => null,
    'bind again': (socket, called) => socket.bind(0, called),
    send: (socket, called) => socket.send('some', sent(called)),
    'send to': (socket, called) => socket.send('some', 9, '127.0.0.1', sent(called)),
    'send nothing': (socket, called) => socket.send('', 9, '127.0.0.1', sent(called)),
    'send too much': (socket, called) => socket.send(Buffer.alloc(70_000), 9, '127.0.0.1', sent(called)),
    'send no bytes': socket => socket.send(5 as never, 9),
    connect: (socket, called) => socket.connect(9, '127.0.0.1', called),
    disconnect: socket => socket.disconnect(),
    remoteAddress: socket => placeOf(socket.remoteAddress()),
    address: socket => placeOf(socket.address()),
    close: (socket, called) => socket.close(called),
    'close twice': (socket, called) => socket.close(called).close(),
    setTTL: socket => socket.setTTL(9),
    'setTTL 0': socket => socket.setTTL(0),
    setBroadcast: socket => socket.setBroadcast(true) ?? null,
    setMulticastTTL: socket => socket.setMulticastTTL(3),
    setMulticastLoopback: socket => socket.setMulticastLoopback(false),
    setMulticastInterface: socket => socket.setMulticastInterface('127.0.0.1') ?? null,
    'addMembership twice': socket => {
      socket.addMembership('239.1.2.3', '127.0.0.1')
      socket.addMembership('239.1.2.3', '127.0.0.1')
    },
    'addMembership of no group': socket => socket.addMembership('127.0.0.1'),
    dropMembership: socket => socket.dropMembership('239.1.2.3', '127.0.0.1'),
    addSourceSpecificMembership: socket => socket.addSourceSpecificMembership('127.0.0.1', '232.1.2.3', '127.0.0.1'),
    'buffer sizes': socket => {
      socket.setRecvBufferSize(9000)
      socket.setSendBufferSize(9000)
      return [socket.getRecvBufferSize(), socket.getSendBufferSize()]
    },
    'send queue': socket => [socket.getSendQueueSize(), socket.getSendQueueCount()],
    ref: socket => socket.ref(),
    unref: socket => socket.unref(),
    receive: socket => {
      peerOf.get(socket)!.sendto('hello', { address: '127.0.0.1', port: socket.address().port })
    },
  }

  const outcome = async (maker: keyof typeof makers, state: string, method: string): Promise<unknown> => {
    const socket = await makers[maker]()
    const peer = closing(new Socket(AF_INET, SOCK_DGRAM))
    peer.bind(['127.0.0.1', 0])
    peerOf.set(socket, peer)
    socket.on('error', () => undefined)
    await states[state]!(socket)
    await quiet()
    const events = ['listening', 'message', 'connect', 'error', 'close']
    try {
      return await play(socket, events, methods[method]!, () => (peer.closed ? null : peer.tryRecv(64)?.toString()))
    } finally {
      if (state !== 'closed' && !method.startsWith('close')) socket.close()
    }
  }

  describe.each(Object.keys(states))('%s', state => {
    test.each(Object.keys(methods))('%s', async method => {
      const [own, ours] = await Promise.all([outcome('own', state, method), outcome('ours', state, method)])
      expect(ours).toEqual(own)
    })
  })
})
