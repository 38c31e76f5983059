import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Check } from '../running.js'
import { Running } from '../running.js'

/** One client stays, and so many go: the server forgets to close their connections. */
async function leak(server: Running, count: number): Promise<void> {
  await server.connected()
  for (let i = 0; i < count; i++) (await server.connected()).close()
  await server.printed(new RegExp(`(^ended\n[^]*){${count}}`, 'm'))
}

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      'the listener: LISTEN',
      'connected: the client ESTABLISHED, the server ESTABLISHED',
      'the client has ended its direction: the client FIN_WAIT2, the server CLOSE_WAIT',
      'the server has closed: the client TIME_WAIT, the server none',
    ])
  },

  async exercise(start) {
    for (const count of [2, 5, 0]) {
      const server = new Running(process.execPath, [join(import.meta.dirname, 'leaking.js')])
      try {
        await leak(server, count)
        const printed = await start(String(await server.port())).finished()
        const wanted = count === 0 ? '' : `${server.process.pid} ${count}\n`
        assert.equal(printed, wanted, `what it prints for a server that holds ${count} connections in CLOSE_WAIT`)
      } finally {
        await server.stop()
      }
    }
  },
}
