// The reference is complete: each public name says what it is, and what its kind has to say. `npm run docs` makes the pages.
import { describe, expect, test } from 'vitest'
import { publicNames } from '../support/public-names.js'
import type { PublicName } from '../support/public-names.js'

const names = Array.from(publicNames(), one => ({ ...one, whole: [one.text, ...one.tags].join('\n') }))
type Named = PublicName & { whole: string }

const last = ({ name }: Named): string => name.split(/[. ]/).at(-1)!

/** What a kind of name has to say: `of` are its names, and the documentation of each matches `says`. */
const rules: Record<string, { of: (name: Named) => boolean; says: RegExp }> = {
  'each name: what it is': { of: () => true, says: /\w/ },
  'a system call, or a function of C: its manual page or RFC': {
    of: name => /^bsd-sockets\/syscalls \w+$/.test(name.name) && !['type', 'class'].includes(name.kind),
    says: /\w\(\d\)|RFC \d+/,
  },
  'a duration: its unit': {
    of: name => name.kind === 'property' && /(^timeout|Timeout|Time|Interval)$/.test(last(name)),
    says: /second|@deprecated/,
  },
  'a size: its unit': {
    of: name => name.kind === 'property' && /([sS]ize|[lL]ength|Buffer|highWaterMark)$/.test(last(name)),
    says: /byte|\bbits\b|number of|many|Whether|@deprecated/,
  },
}

test.each(Object.keys(rules))('%s', rule => {
  const { of, says } = rules[rule]!
  const all = names.filter(of)
  const silent = all.filter(({ whole }) => !says.test(whole))
  console.log(`${all.length} names, ${all.length - silent.length} documented`)
  expect(all.length).toBeGreaterThan(5)
  expect(silent.map(({ name }) => name)).toEqual([])
})

describe('the names', () => {
  test('are those of all entries', () => {
    for (const name of ['bsd-sockets Socket.recv', 'bsd-sockets/promises Socket.recv', 'bsd-sockets/reactor listen'])
      expect(names.filter(one => one.name === name)).toHaveLength(1)
  })
})
