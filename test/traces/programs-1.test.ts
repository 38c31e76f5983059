// The kernel's socket calls and the library's: the system call of each row of the two tables.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { sourceLine } from './programs.js'
import { expectTable } from './table.js'
import { start, traced } from './trace.js'

const kernel = {
  socket: 'socket',
  bind: 'bind',
  connect: 'connect',
  listen: 'listen',
  accept: 'accept',
  read: 'read',
  write: 'write',
  close: 'close',
  shutdown: 'shutdown',
  getsockopt: 'getsockopt',
  setsockopt: 'setsockopt',
}

const library = {
  bind: 'bind',
  connect: 'connect',
  listen: 'listen',
  accept: 'accept4',
  recv: 'recvfrom',
  send: 'sendto',
  close: 'close',
  shutdown: 'shutdown',
}

traced('programs 1: each call of the library is the kernel call of that name', async () => {
  const { steps } = await start('examples/calls.js', ['--port', '0']).ended
  expectTable('programs-1', "The kernel's socket calls and the library's", steps)

  const made = (pattern: string): Set<string> => {
    const line = new RegExp(String.raw`\b${pattern}\(`)
    return new Set(
      steps.filter(step => line.test(sourceLine(step.where))).flatMap(step => step.calls.map(call => call.name)),
    )
  }
  for (const [name, call] of Object.entries(kernel)) expect(made(`kernel.${name}`), name).toEqual(new Set([call]))
  for (const [name, call] of Object.entries(library)) expect(made(`(?!kernel)\\w+\\.${name}`), name).toContain(call)
})

traced('programs 1: N clients mean N + 1 sockets on the server', async () => {
  const server = start('examples/event-loop.js', ['--port', '0'])
  const [, port] = await server.said(/:(\d+)\n/)
  for (let i = 0; i < 3; i++) {
    await server.after(async () => {
      const client = connect(Number(port), '127.0.0.1')
      onTestFinished(() => void client.destroy())
      await once(client, 'connect')
    })
  }
  const calls = (await server.stop()).steps.flatMap(step => step.calls)
  const made = calls.filter(call => /^(socket|accept4)$/.test(call.name) && call.gave.startsWith('fd'))
  expect(new Set(made.map(call => call.gave)).size).toBe(3 + 1)
  expect(calls.filter(call => call.name === 'close')).toEqual([])
})
