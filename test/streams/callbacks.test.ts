// A callback of a stream or of a dgram socket throws, destroys, closes, ends or continues: the result is the same as in Node's
// own. Each maker runs its rows in its own process, since the exceptions are uncaught.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

interface Outcome {
  told: string[]
  after: Record<string, unknown> | null
  heard: { bytes: number; end: string } | string[]
}

interface Played {
  rows: Record<string, Outcome>
  /** Unintended exceptions. */
  unexpected: string[]
  /** The CPU time used, in milliseconds, during 300 ms in which everything that was still open waited. */
  busy: number
  /** The number of descriptors that are still open. */
  left: number
}

const program = join(root, 'build/programs/test/programs/stream-callbacks.js')
const playing = new Map<string, Promise<Played>>()
function play(maker: string): Promise<Played> {
  const begun = playing.get(maker)
  if (begun !== undefined) return begun
  const child = new Child(process.execPath, [program, maker])
  const played = child.finished().then(text => JSON.parse(text) as Played)
  playing.set(maker, played)
  return played
}

const events = ['connect', 'ready', 'data', 'end', 'finish', 'drain', 'timeout', 'error', 'message', 'listening']

test.each(['toNet', 'toDuplex', 'toWeb', 'toDgram'])(
  '%s: no unintended exception, no endless loop, no event after close, no open descriptor',
  { timeout: 120_000 },
  async maker => {
    const { rows, unexpected, busy, left } = await play(maker)
    expect(unexpected).toEqual([])
    expect(busy).toBeLessThan(150)
    expect(left).toBe(0)
    for (const [row, { told }] of Object.entries(rows)) {
      const close = told.findIndex(event => /^close (true|false)$|^close$/.test(event))
      const late = close < 0 ? [] : told.slice(close).filter(event => events.includes(event.split(' ')[0]!))
      expect(late, row).toEqual([])
      // An error that is thrown in a row of a Web Stream's reader rejects the row's own promise.
      const origin = maker === 'toWeb' ? /on purpose$/ : /^uncaughtException on purpose$/
      for (const event of told) if (event.endsWith('on purpose')) expect(event, row).toMatch(origin)
    }
  },
)

test('toWeb: every promise of a stream settles that a callback creates', { timeout: 120_000 }, async () => {
  const { rows } = await play('toWeb')
  for (const [row, { told }] of Object.entries(rows)) {
    if (row.includes('while a write waits')) continue // it waits for the peer, which may not receive
    for (const [asked] of row.split(': ')[1]!.matchAll(/cancel|abort|close/g)) {
      expect(told.join(), row).toMatch(new RegExp(`${asked} (done|failed)`))
    }
  }
})

/** An outcome without what only the timing decides. */
function settled(row: string, { told, heard, ...rest }: Outcome): Outcome {
  // A datagram is under way while `connect` looks up its host.
  const order = row === 'message: connect' ? [...told].sort() : told
  // After a reset the peer has what it received before; of a write that is destroyed, what the kernel had room for.
  const parts = !Array.isArray(heard) && (heard.end === 'ECONNRESET' || row.startsWith('destroyed write: '))
  const sum = parts ? { ...heard, bytes: 0 } : heard
  return { ...rest, told: order, heard: sum }
}

interface Difference {
  why: string
  row: RegExp
  of: readonly (keyof Outcome)[]
}

const differences: Record<string, readonly Difference[]> = {
  toNet: [],
  toDgram: [],
  toDuplex: [
    {
      why: 'nothing is received before a read, so the timer does not restart',
      row: /^timeout: (nothing|throw|end|end with data|write|pause)$/,
      of: ['told'],
    },
    {
      why: 'a write that destroy interrupts fails, and `errored` is set; the callback of net.Socket gets no error',
      row: /^destroyed write: /,
      of: ['after'],
    },
  ],
}

describe.each([
  ['toNet', 'net.Socket'],
  ['toDuplex', 'net.Socket'],
  ['toDgram', 'dgram.Socket'],
])('%s behaves as %s', (maker, model) => {
  test('in each row except the listed ones', { timeout: 120_000 }, async () => {
    const [ours, theirs] = await Promise.all([play(maker), play(model)])
    const met = new Set<Difference>()
    expect(Object.keys(theirs.rows).length).toBeGreaterThan(50)
    for (const [row, outcome] of Object.entries(theirs.rows)) {
      const known = differences[maker]!.filter(difference => difference.row.test(row))
      if (!isDeepStrictEqual(settled(row, ours.rows[row]!), settled(row, outcome)))
        for (const difference of known) met.add(difference)
      const of = new Set(known.flatMap(({ of }) => of))
      const compared = (all: Outcome) =>
        Object.fromEntries(Object.entries(settled(row, all)).filter(([name]) => !of.has(name as 'told')))
      expect.soft(compared(ours.rows[row]!), row).toEqual(compared(outcome))
    }
    expect(differences[maker]!.filter(row => !met.has(row)).map(({ why }) => why)).toEqual([])
  })
})
