// Clients of HTTP over sockets that the connector prepares.
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import { text } from 'node:stream/consumers'
import { AF_UNIX, getOption, options, Socket } from 'bsd-sockets'
import { connector, listenNet } from 'bsd-sockets/streams'
import { Agent, fetch } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { selfSigned } from '../support/certificate.js'
import { closedPort, closing, listening, portOf } from '../support/tcp.js'

async function serving(server: http.Server | https.Server, socket: Socket = listening()): Promise<void> {
  onTestFinished(() => server.closeAllConnections())
  onTestFinished(() => void server.close())
  await listenNet(server, socket)
}

test.skipIf(process.platform !== 'linux')('fetch over an abstract Unix name', async () => {
  const socket = closing(new Socket(AF_UNIX))
  socket.bind({ family: 'unix', abstract: `connector-${process.pid}` })
  socket.listen()
  await serving(
    http.createServer((_, response) => response.end('hello')),
    socket,
  )
  const agent = new Agent({ connect: connector({ address: `\0connector-${process.pid}` }) })
  onTestFinished(() => agent.destroy())
  expect(await (await fetch('http://anything/', { dispatcher: agent })).text()).toBe('hello')
})

test('a request of http gets a socket whose options were set', async () => {
  const socket = listening()
  const port = portOf(socket)
  await serving(
    http.createServer((_, response) => response.end('hello')),
    socket,
  )
  const createConnection = connector({ sockopts: { tcpUserTimeout: 5000 } })
  const request = http.get({ host: '127.0.0.1', port, createConnection })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  expect(getOption(request.socket as net.Socket, options.tcpUserTimeout)).toBe(5000)
  expect(await text(response)).toBe('hello')
})

test('an Agent of http gets all its connections by it, and uses them again', async () => {
  const socket = listening()
  const url = `http://127.0.0.1:${portOf(socket)}/`
  await serving(
    http.createServer((_, response) => response.end('hello')),
    socket,
  )
  const agent = new http.Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  agent.createConnection = connector({ sockopts: { tcpUserTimeout: 5000 } })
  const ports = new Set<number | undefined>()
  for (let i = 0; i < 2; i++) {
    const [response] = (await once(http.get(url, { agent }), 'response')) as [http.IncomingMessage]
    expect(getOption(response.socket, options.tcpUserTimeout)).toBe(5000)
    ports.add(response.socket.localPort)
    expect(await text(response)).toBe('hello')
  }
  expect(ports.size).toBe(1)
})

test('https with the certificate verified, by undici and by https', async () => {
  const { key, cert } = selfSigned()
  const socket = listening()
  const address = ['127.0.0.1', portOf(socket)] as const
  await serving(
    https.createServer({ key, cert }, (_, response) => response.end('secret')),
    socket,
  )
  const connect = connector({ address, tls: { ca: cert } })
  const agent = new Agent({ connect })
  onTestFinished(() => agent.destroy())
  expect(await (await fetch('https://localhost/', { dispatcher: agent })).text()).toBe('secret')
  const [response] = (await once(https.get('https://localhost/', { createConnection: connect }), 'response')) as [
    http.IncomingMessage,
  ]
  expect(await text(response)).toBe('secret')
})

test('a refused connection keeps its code', async () => {
  const request = http.get({ host: '127.0.0.1', port: closedPort(), createConnection: connector() })
  const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException]
  expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1' })
})

test('a TLS handshake that gets no answer ends with the timeout, and the connection is closed', async () => {
  const server = listening()
  const createConnection = connector({ timeout: 200 })
  const request = https.get({ host: '127.0.0.1', port: portOf(server), createConnection })
  const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException]
  expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect', timeout: 200 })
  const accepted = closing(server.accept()[0])
  while (accepted.recv(4096).length > 0) continue // the client's first message, then the end
})

test('wrong options are reported at once', () => {
  expect(() => connector({ timeout: -1 })).toThrow('"options.timeout"')
  expect(() => connector({ sockopt: {} } as object)).toThrow("did you mean 'sockopts'")
})
