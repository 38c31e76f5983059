import { Socket } from 'bsd-sockets'
import { expectMethods, methodsOf } from './methods.js'
import { expectTable } from './table.js'
import { start, traced } from './trace.js'

const without = new Set(['detach', 'fileno', 'getblocking', 'gettimeout', 'setblocking', 'settimeout'])

traced('each method of Socket makes the system calls of the table', async () => {
  const { steps } = await start('test/programs/sockets.js').ended
  expectTable('sockets', 'Socket', steps)
  const base = Object.getPrototypeOf(Socket.prototype) as object
  expectMethods(steps, 'sockets.ts', [...methodsOf(Socket.prototype), ...methodsOf(base)], without)
})
