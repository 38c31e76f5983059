import assert from 'node:assert/strict'
import { SHUT_WR } from 'bsd-sockets'
import type { Check, Start } from '../running.js'
import { receives, rest } from '../running.js'

/** Three clients, one after the other; what the server is to answer to each. */
async function converse(start: Start, answers: readonly string[]): Promise<void> {
  const server = start('server')
  for (const answer of answers) {
    const client = await server.connected()
    await client.sendall('hello')
    await receives(client, answer, 'the answer to hello')
    client.shutdown(SHUT_WR)
    assert.equal(await rest(client), '', 'what comes after the answer')
    client.close()
  }
}

export const checks: Check = {
  async program(start) {
    await converse(start, ['hello', 'hello', 'hello'])
    const port = await start('server').port()
    assert.equal(await start('client', String(port)).finished(), 'hello\n')
  },

  exercise: start => converse(start, ['1 hello', '2 hello', '3 hello']),
}
