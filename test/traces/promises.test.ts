import { Socket } from 'bsd-sockets/promises'
import { expect } from 'vitest'
import { expectMethods, methodsOf } from './methods.js'
import { sourceLine } from './programs.js'
import { expectTable } from './table.js'
import { start, traced } from './trace.js'

traced('bsd-sockets/promises: a call that need not wait makes its one system call at once', async () => {
  const { steps } = await start('test/programs/promises.js').ended
  expectTable('promises', 'bsd-sockets/promises', steps)
  const received = steps.filter(step => sourceLine(step.where) === 'await right.recv(1024)')
  expect(received.map(step => step.calls.map(call => call.name))).toEqual([['recvfrom']])
  expectMethods(steps, 'promises.ts', methodsOf(Socket.prototype), new Set(['ref', 'unref']))
})
