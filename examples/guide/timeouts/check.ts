import assert from 'node:assert/strict'
import { createServer } from 'bsd-sockets/promises'
import type { Check } from '../running.js'
import { soon } from '../running.js'

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      'after 50 ms: ETIMEDOUT',
      'at once: EAGAIN',
      'there is something: here',
      'a waiter that is ended: AbortError',
      'it can go on: late',
    ])
  },

  async exercise(start) {
    const server = await createServer(['127.0.0.1', 0])
    try {
      for (const [text, printed] of [
        ['hello', 'hello'],
        [undefined, 'late'],
        ['', 'end'],
      ] as const) {
        const client = start(String(server.getsockname().port))
        const ended = client.finished().then(output => {
          throw new Error(`it has ended without a connection, and has printed ${output}`)
        })
        const accepted = server.accept(soon)
        accepted.catch(() => undefined) // is reported by `ended`
        const [connection] = await Promise.race([accepted, ended])
        ended.catch(() => undefined) // it may end now
        if (text !== undefined) {
          await connection.sendall(text)
          connection.close()
        }
        assert.equal(await client.finished(), `${printed}\n`, `what it prints if the server ${said(text)}`)
        connection.close()
      }
    } finally {
      server.close()
    }
  },
}

function said(text: string | undefined): string {
  if (text === undefined) return 'says nothing'
  return text === '' ? 'closes the connection' : `says ${text}`
}
