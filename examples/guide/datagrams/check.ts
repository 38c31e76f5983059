import assert from 'node:assert/strict'
import { AF_INET, SOCK_DGRAM } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import type { Check } from '../running.js'
import { soon } from '../running.js'

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      'received one',
      'then a datagram of 0',
      'then 5 bytes of a longer one: three',
      'client receives answer',
      'received by send',
      'nobody is there: ECONNREFUSED',
    ])
  },

  async exercise(start) {
    const address = { address: '127.0.0.1', port: await start().port() }
    const clients = [1, 2].map(() => new Socket(AF_INET, SOCK_DGRAM))
    try {
      for (const message of ['hello', '', 'x'.repeat(1400)]) {
        for (const client of clients) {
          await client.sendto(message, address)
          const [answer] = await client.recvfrom(2000, 0, soon)
          assert.equal(answer.toString(), message.toUpperCase(), 'the answer goes to its sender, in upper case')
        }
      }
    } finally {
      for (const client of clients) client.close()
    }
  },
}
