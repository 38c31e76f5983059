import assert from 'node:assert/strict'
import type { Check, Running } from '../running.js'
import { rest } from '../running.js'

/** What clients get that connect one after the other, until there are so many different answers. */
async function answers(server: Running, count: number): Promise<Set<string>> {
  const all = new Set<string>()
  for (let i = 0; i < 100 && all.size < count; i++) {
    const client = await server.connected()
    all.add(await rest(client))
    client.close()
  }
  return all
}

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      'accepted with keep-alive: true',
      'idle for 30 seconds until the first probe',
      'at least the buffer that was asked for: true',
      'small writes at once, here: true',
      'and at the other end: false',
      'again, without SO_REUSEADDR: EADDRINUSE',
      'and with it: listening',
      'a second listener with SO_REUSEADDR: EADDRINUSE',
      'and with SO_REUSEPORT: listening',
    ])
  },

  async exercise(start) {
    const first = start()
    const port = await first.port()
    const second = start(String(port))
    assert.equal(await second.port(), port, 'the port of the second program')
    const both = await answers(second, 2)
    for (const answer of both) assert.match(answer, /^\d+\n$/, 'a client gets the number of a process, and the end')
    // The kernel chooses a listener for each connection. macOS gives all of them to the same one.
    if (process.platform === 'linux') assert.equal(both.size, 2, 'how many different numbers 100 clients get')
    await first.stop()
    assert.equal((await answers(second, 2)).size, 1, 'how many different numbers they get when the first one has ended')
  },
}
