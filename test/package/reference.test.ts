// The reference is complete: each public name says what it is, and what its kind has to say. `npm run docs` makes the pages.
import { describe, expect, test } from 'vitest'
import { divided } from '../../scripts/reference/constants.js'
import { failures } from '../support/can-fail.js'
import { publicNames } from '../support/public-names.js'
import type { PublicName } from '../support/public-names.js'

const names = Array.from(publicNames(), one => ({ ...one, whole: [one.text, ...one.tags].join('\n') }))
type Named = PublicName & { whole: string }

/** What can be called, and whether it can fail and makes a system call. */
const callable = new Map(names.flatMap(name => (failures(name) === undefined ? [] : [[name.name, failures(name)!]])))

/** What reaches a `throw` and yet throws nothing, or is not for users. Each is looked for below. */
const neverFails: Record<string, string> = {
  'bsd-sockets NetlinkBytes.ip': 'inet_ntop refuses other lengths than 4 and 16, and these are all that it is given',
  'bsd-sockets families': 'it returns the table of codecs: the codecs throw',
  'bsd-sockets hasDualstackIpv6': 'an error of the kernel is the answer false',
  'bsd-sockets optionName': 'it looks into the table of options: setting one throws',
  'bsd-sockets/reactor Connection.constructor': 'it is for `listen` and `connect` only',
  'bsd-sockets/reactor DatagramSocket.constructor': 'it is for `bind` and `attach` only',
  'bsd-sockets/socketserver DatagramRequestHandler.setup': 'it makes the reader and the writer, which throw later',
}

/** What makes a system call only by what it returns or registers. */
const callsNothing = new Set([
  'bsd-sockets families',
  'bsd-sockets/reactor DatagramSocket.constructor',
  'bsd-sockets/socketserver DatagramRequestHandler.setup',
])

const last = ({ name }: Named): string => name.split(/[. ]/).at(-1)!

/** What a kind of name has to say: `of` are its names, and the documentation of each matches `says`. */
const rules: Record<string, { of: (name: Named) => boolean; says: RegExp }> = {
  'each name: what it is': { of: () => true, says: /\w/ },
  'a system call, or a function of C: its manual page or RFC': {
    of: name => /^bsd-sockets\/syscalls \w+$/.test(name.name) && !['type', 'class'].includes(name.kind),
    says: /\w\(\d\)|RFC \d+/,
  },
  'what can fail: its errors': {
    of: ({ name }) => callable.get(name)?.fails === true && !(name in neverFails),
    says: /@throws \S/,
  },
  'what makes a system call: the manual page or RFC': {
    of: ({ name }) => callable.get(name)?.calls === true && !callsNothing.has(name),
    says: /\w\(\d\w*\)|RFC \d+/,
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

test('what is said to throw nothing is found to reach a throw, and documents none', () => {
  for (const name of Object.keys(neverFails)) {
    expect(callable.get(name), name).toMatchObject({ fails: true })
    expect(names.find(one => one.name === name)!.tags.join(), name).not.toContain('@throws')
  }
  for (const name of callsNothing) expect(callable.get(name), name).toMatchObject({ calls: true })
})

describe('what can fail is found', () => {
  const found = (name: string) => callable.get(`bsd-sockets${name}`)
  test('by a throw, also of what it calls', () => {
    expect(found(' Socket.recv')).toMatchObject({ fails: true, calls: true }) // check() throws
    expect(found(' Socket.settimeout')).toMatchObject({ fails: true, calls: false })
    expect(found(' Epoll.register')).toMatchObject({ fails: true, calls: true })
    expect(found(' Socket.constructor')).toMatchObject({ fails: true, calls: true }) // of the base
    expect(found('/socketserver TCPServer.constructor')).toMatchObject({ fails: true, calls: true }) // by super()
  })
  test('by a promise', () => {
    expect(found('/reactor Pool.stop')).toMatchObject({ fails: true })
    expect(found('/promises Socket.connections')).toMatchObject({ fails: true, calls: true })
  })
  test('and not in a getter or in a function that cannot fail', () => {
    expect(found(' Socket.fd')).toBeUndefined()
    expect(found(' Socket.gettimeout')).toMatchObject({ fails: false, calls: false })
  })
})

describe('the names', () => {
  test('are those of all entries', () => {
    for (const name of ['bsd-sockets Socket.recv', 'bsd-sockets/promises Socket.recv', 'bsd-sockets/reactor listen'])
      expect(names.filter(one => one.name === name)).toHaveLength(1)
  })
})

describe('the constants of the pages', () => {
  const variable = (name: string, type = 'number'): string =>
    `### ${name.replaceAll('_', '\\_')}\n\n> **${name}**: ${type}\n\nDefined in: [src/constants.ts:1](x#L1)\n\nA text. ip(7)\n\n***\n\n`
  const families = ['AF_ALG', 'AF_DECnet', 'AF_INET', 'AF_INET6', 'AF_UNIX']
  const addressFamily = '[`AddressFamily`](type-aliases/AddressFamily.md)'
  const all = [
    variable(families[0]!, addressFamily),
    ...[...families.slice(1), 'EPOLL_CLOEXEC', 'Epoll', 'POLLIN', 'SOMAXCONN', 'options'].map(name => variable(name)),
  ]
  const { page, files } = divided(
    `# Module\n\n## Classes\n\n## Variables\n\n${all.join('')}## Functions\n\n- [f](f.md)\n`,
  )

  test('are divided by what their names begin with', () => {
    expect([...files.keys()]).toEqual(['README.md', 'AF.md', 'others.md'])
    expect(files.get('AF.md')!.match(/^## .*$/gm)).toEqual(families.map(name => `## ${name.replaceAll('_', '\\_')}`))
    expect(files.get('others.md')!.match(/^## .*$/gm)).toEqual(['## EPOLL\\_CLOEXEC', '## POLLIN', '## SOMAXCONN'])
    expect(files.get('README.md')).toContain('(AF.md): 5, AF\\_ALG to AF\\_UNIX')
  })

  test('keep their texts, and their links lead to where they led', () => {
    expect(files.get('AF.md')).toContain(
      '> **AF_ALG**: [`AddressFamily`](../type-aliases/AddressFamily.md)\n\nA text. ip(7)\n',
    )
    expect(files.get('AF.md')).not.toContain('Defined in')
  })

  test('leave the other variables on the page of the module, which links to them', () => {
    expect(page.match(/^#.*$/gm)).toEqual([
      '# Module',
      '## Classes',
      '## Constants',
      '## Variables',
      '### Epoll',
      '### options',
      '## Functions',
    ])
    expect(page).toContain('[8 constants](constants/README.md)')
  })
})
