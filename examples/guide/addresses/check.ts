import assert from 'node:assert/strict'
import type { Check } from '../running.js'

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      '127.0.0.1 is IPv4',
      '::1 is IPv6',
      'no such number is EAI_NONAME',
      'the port 0 80',
      'the address 127 0 0 1',
      'port 0 becomes a free port of 127.0.0.1',
    ])
  },

  async exercise(start) {
    for (const [host, port, line] of [
      ['127.0.0.1', '80', '127.0.0.1:80'],
      ['::1', '8080', '[::1]:8080'],
      ['192.0.2.007', '1', 'not an address'],
      ['example', '1', 'not an address'],
    ] as const)
      assert.equal(await start(host, port).finished(), `${line}\n`, `what it prints for ${host} and ${port}`)
  },
}
