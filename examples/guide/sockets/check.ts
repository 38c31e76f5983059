import assert from 'node:assert/strict'
import type { Check } from '../running.js'

export const checks: Check = {
  async program(start) {
    const lines = (await start().finished()).trimEnd().split('\n')
    assert.deepEqual(
      lines.filter(line => line !== 'each names a socket'),
      ['two numbers: true', 'right receives hello', 'left receives hello and then  yourself', 'after the last byte: 0'],
    )
  },

  async exercise(start) {
    const lines = (await start().finished()).trimEnd().split('\n')
    assert.equal(lines.length, 2, `two lines are to be printed, and there are ${lines.length}`)
    assert.equal(lines[0], 'onetwothree', 'the first line is what one recv of a stream returns after the three sends')
    assert.equal(lines[1], 'one', 'the second line is what one recv of SOCK_SEQPACKET returns after the three sends')
  },
}
