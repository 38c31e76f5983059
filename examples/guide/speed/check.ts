import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AF_UNIX, SOCK_DGRAM } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import type { Check, Start } from '../running.js'

const lines = Array.from({ length: 1000 }, (_, i) => `line ${i + 1}\n`).join('')
const most = 20

/** What the program sends by each call: a datagram socket keeps the bytes of a call together. */
async function sent(start: Start, receiver: Socket, path: string): Promise<string[]> {
  const parts: string[] = []
  const controller = new AbortController()
  const ended = start(path)
    .finished()
    .finally(() => controller.abort())
  try {
    for (;;) parts.push((await receiver.recv(65_536, { signal: controller.signal })).toString())
  } catch (error) {
    if (!controller.signal.aborted) throw error
  }
  await ended
  for (let part = receiver.tryRecv(65_536); part !== null; part = receiver.tryRecv(65_536)) parts.push(part.toString())
  return parts
}

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      'bytes to send: 1048576',
      'in pieces of 64: 16384 sends, 16384 receives',
      'in pieces of 1024: 1024 sends, 1024 receives',
      'in pieces of 65536: 16 sends, 16 receives',
      'in pieces of 1024, 64 by each call: 16 sends, 16 receives',
      '100 questions, each after the answer to the last: 200 sends, 200 receives',
      '100 questions at once: 2 sends, 2 receives',
    ])
  },

  async exercise(start) {
    const folder = mkdtempSync(join(tmpdir(), 'guide-'))
    const path = join(folder, 'socket')
    const receiver = new Socket(AF_UNIX, SOCK_DGRAM)
    try {
      receiver.bind(path)
      const parts = await sent(start, receiver, path)
      const text = parts.join('')
      assert.ok(text === lines, `it sends other bytes than the thousand lines: ${JSON.stringify(text.slice(0, 80))}`)
      assert.ok(parts.length <= most, `it sends by ${parts.length} calls, and ${most} are enough`)
    } finally {
      receiver.close()
      rmSync(folder, { recursive: true })
    }
  },
}
