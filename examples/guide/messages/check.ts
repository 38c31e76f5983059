import assert from 'node:assert/strict'
import { SHUT_WR } from 'bsd-sockets'
import type { Check, Start } from '../running.js'
import { exactly, rest } from '../running.js'

const encoder = new TextEncoder()

/** Sends bytes in these pieces, and expects these lines. */
async function say(start: Start, pieces: readonly Uint8Array[], answer: string): Promise<void> {
  const server = start()
  for (let i = 0; i < 2; i++) {
    const client = await server.connected()
    for (const piece of pieces) {
      await client.sendall(piece)
      await new Promise(resolve => setTimeout(resolve, 2)) // so that it is received alone
    }
    client.shutdown(SHUT_WR)
    assert.equal(await rest(client), answer)
    client.close()
  }
}

const inPieces = (text: string): Uint8Array[] => Array.from(encoder.encode(text), byte => Uint8Array.of(byte))
const atOnce = (text: string): Uint8Array[] => [encoder.encode(text)]

/** A line without an end is not answered, and ends the connection. */
async function endless(start: Start): Promise<void> {
  const client = await start().connected()
  await client.sendall('x'.repeat(5000))
  assert.equal(await exactly(client, 1).catch(() => ''), '', 'a line of 5,000 bytes ends the connection')
  client.close()
}

export const checks: Check = {
  async program(start) {
    await say(start, atOnce('one\ntwo\n\nthree\n'), 'ONE\nTWO\n\nTHREE\n')
    await say(start, inPieces('one\ntwo\n'), 'ONE\nTWO\n')
    await endless(start)
  },

  async exercise(start) {
    // A netstring for each: the length in decimal digits, a colon, the bytes, a comma.
    await say(start, atOnce('3:one,0:,5:a\nb,c,'), '3:ONE,0:,5:A\nB,C,')
    await say(start, inPieces('12:hello world!,3:two,'), '12:HELLO WORLD!,3:TWO,')
    await say(start, atOnce('5:short'), '')
    for (const wrong of ['3:one;', 'x:one,', '99999999999:']) {
      const client = await start().connected()
      await client.sendall(wrong)
      assert.equal(await exactly(client, 1).catch(() => ''), '', `${wrong} ends the connection, without an answer`)
      client.close()
    }
  },
}
