// A graceful stop, under load and in single steps; stop.js is the program, test/all and a campaign run it for every server.
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { SHUT_WR } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { serve } from 'bsd-sockets/http'
import { root } from '../support/root.js'

it('loses no client that is connected', () => {
  const names = ['http ts reactor tcp', 'echo c threads tcp']
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/load/stop.js', '1', ...names], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stdout + stderr).toMatch(/\n2 stops, \d+ answered, \d+ again, \d+ refused, 0 lost\n$/)
  expect(status).toBe(0)
})

async function client(port: number): Promise<Socket> {
  const socket = new Socket()
  onTestFinished(() => socket.close())
  await socket.connect(['127.0.0.1', port])
  return socket
}

it('answers a client that has connected before it and requests a moment later', async () => {
  const server = serve(() => ({ body: 'hello' }))
  onTestFinished(() => server.close())
  const socket = await client(server.port)
  const stopped = server.stop()
  await sleep(10)
  await socket.sendall('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  const answer = String(await socket.recv(1000))
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*hello$/)
  expect(answer).toMatch(/\r\nConnection: close\r\n/i)
  socket.shutdown(SHUT_WR)
  await stopped
})

it.runIf(process.platform === 'linux')('begins no handshake after it', async () => {
  const server = serve(() => ({ body: 'hello' }))
  onTestFinished(() => server.close())
  const { port } = server
  await client(port)
  const stopped = server.stop({ timeout: 500 })
  await expect(client(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' }) // when the SYN is sent again, after a second
  await stopped
})

it('takes no time without a connection', async () => {
  const server = serve(() => ({ body: 'hello' }))
  const stopped = server.stop()
  expect(server.server.fd).toBe(-1)
  await stopped
})
