// Compares docs/from-net.md and docs/from-dgram.md with the names of Node and of this package.
import * as dgram from 'node:dgram'
import { readFileSync } from 'node:fs'
import * as net from 'node:net'
import { join } from 'node:path'
import * as sockets from 'bsd-sockets'
import * as promises from 'bsd-sockets/promises'
import * as reactor from 'bsd-sockets/reactor'
import * as streams from 'bsd-sockets/streams'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../support/root.js'

interface Row {
  readonly node: readonly string[]
  readonly here: readonly string[]
  readonly why: string
}

const codes = (cell: string): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code]) => code!)

/** The tables of a page by their headings. */
function tables(name: string): Map<string, Row[]> {
  const page = readFileSync(join(root, `docs/${name}.md`), 'utf8')
  const found = new Map<string, Row[]>()
  for (const section of page.split(/^#+ /m).slice(1)) {
    const [heading] = section.split('\n', 1)
    const rows = Array.from(section.matchAll(/^\| (`.*?) \| (.*?) ?\| (.*?) ?\|$/gm), ([, node, here, why]) => ({
      node: codes(node!),
      here: codes(here!),
      why: why!,
    }))
    if (rows.length > 0) found.set(heading!, rows)
  }
  return found
}

const sections = new Map([...tables('from-net'), ...tables('from-dgram')])

/** The public names of an object and of its class; those of the classes that this one extends are not its own. */
function members(object: object): string[] {
  const names = [object, Object.getPrototypeOf(object) as object].flatMap(each => Object.getOwnPropertyNames(each))
  return names.filter(name => !/^_|^constructor$/.test(name))
}

const client = new net.Socket()
const server = net.createServer()
const udp = dgram.createSocket('udp4')
// What each object has of the classes that it extends, as own properties.
const inherited = new Set(['domain', 'domainsEnabled'])
const names: Record<string, string[]> = {
  net: Object.keys(net),
  'net.Socket objects': members(client),
  'net.Server objects': members(server),
  dgram: Object.keys(dgram),
  'dgram.Socket objects': members(udp),
}
const own = (section: string): string[] =>
  names[section]!.filter(name => !name.startsWith('_') && name !== 'default' && !inherited.has(name))

// Names of other versions of Node than this one.
const versions = new Set([
  ...['BoundSocket', 'bindSync', 'connectSync', 'getTypeOfService', 'setTypeOfService', 'highWaterMark'],
  ...[
    'autoSelectFamilyAttemptedAddresses',
    'dropMaxConnection',
    'maxConnections',
    'server',
    'timeout',
    'allowHalfOpen',
  ],
])

describe.each(Object.keys(names))('%s', section => {
  test('its table has each name', () => {
    const listed = new Set(sections.get(section)?.flatMap(({ node }) => node))
    expect(own(section).filter(name => !listed.has(name))).toEqual([])
    expect(listed.size).toBeGreaterThan(1)
  })

  test('its table has only names of Node', () => {
    const known = new Set([...own(section), ...versions])
    expect(sections.get(section)!.flatMap(({ node }) => node.filter(name => !known.has(name)))).toEqual([])
  })
})

describe('the columns of this package', () => {
  const [socket, peer] = promises.Socket.pair()
  const duplex = streams.toDuplex(peer)
  const receiver = reactor.bind({})
  const listener = reactor.listen({ data: () => undefined })
  // A connection cannot be made without a turn of the loop; its class has all that a connection has.
  let connection: object
  beforeAll(async () => {
    connection = await new Promise<object>(resolve => {
      reactor.connect({ port: (listener.address as sockets.IPv4Address).port, open: resolve, data: () => undefined })
    })
  })
  afterAll(() => {
    duplex.destroy()
    for (const one of [socket, receiver, listener, udp]) one.close()
  })
  const objects = (): Record<string, unknown> => ({ connection, duplex, listener, receiver, socket })
  const scope = (): Record<string, unknown> => ({ ...sockets, ...objects(), promises, reactor, streams })

  /** Whether the path leads to a value, for example `options.tcpNoDelay`. */
  function exists(path: string): boolean {
    let value: unknown = scope()
    for (const name of path.split('.')) {
      if (value === undefined || !(name in Object(value))) return false
      value = (value as Record<string, unknown>)[name]
    }
    return true
  }

  test.each([...sections])('%s: each name exists', (_, rows) => {
    expect(rows.flatMap(({ here }) => here).filter(path => !exists(path))).toEqual([])
  })

  test.each([...sections])('%s: a row without a counterpart gives the reason', (_, rows) => {
    expect(rows.filter(({ here, why }) => here.length === 0 && why === '')).toEqual([])
  })

  test('a datagram socket is disconnected as the table says', () => {
    using udp = new sockets.Socket(sockets.AF_INET, sockets.SOCK_DGRAM)
    udp.connect(['127.0.0.1', 9])
    udp.connect({ family: 'raw', af: sockets.AF_UNSPEC, data: Buffer.alloc(14) })
    expect(() => udp.getpeername()).toThrow('ENOTCONN')
  })

  test('an accepted socket inherits options, as the table says', () => {
    using server = sockets.createServer(['127.0.0.1', 0])
    sockets.setOption(server, sockets.options.keepAlive, true)
    using client = sockets.createConnection(server.getsockname())
    const [accepted] = server.accept()
    expect(sockets.getOption(accepted, sockets.options.keepAlive)).toBe(true)
    expect(sockets.getOption(client, sockets.options.keepAlive)).toBe(false)
    accepted.close()
  })

  test('no table has a name twice', () => {
    for (const [section, rows] of sections) {
      const listed = rows.flatMap(({ node }) => node)
      expect(listed, section).toEqual([...new Set(listed)])
    }
  })
})
