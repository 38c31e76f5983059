import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AF_UNIX } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import type { Check } from '../running.js'
import { rest, soon } from '../running.js'

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      'the client is this process: true',
      'received a file and 1 descriptor',
      'it reads what is in the file',
    ])
  },

  async exercise(start) {
    const folder = mkdtempSync(join(tmpdir(), 'guide-'))
    const path = join(folder, 'socket')
    try {
      const server = start(path)
      await server.printed(/^listening/m)
      for (let i = 0; i < 2; i++) {
        const client = new Socket(AF_UNIX)
        await client.connect(path, soon)
        assert.equal(await rest(client), `${process.pid}\n`, 'the process of the client')
        client.close()
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}
