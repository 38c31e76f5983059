import assert from 'node:assert/strict'
import { SHUT_WR } from 'bsd-sockets'
import type { Check } from '../running.js'
import { rest } from '../running.js'

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      'server receives question and then 0',
      'client still receives answer',
      'and then 0',
      'after a reset recv fails: ECONNRESET',
      'and send: EPIPE',
      'a send to an end that has closed: none',
      'and the next one: EPIPE',
    ])
  },

  async exercise(start) {
    const server = start()
    for (const parts of [['hello', ' world'], [], ['x'.repeat(100_000)]]) {
      const client = await server.connected()
      for (const part of parts) await client.sendall(part)
      client.shutdown(SHUT_WR)
      assert.equal(await rest(client), `${parts.join('').length}\n`, 'the answer after the end of the request')
      client.close()
    }
  },
}
