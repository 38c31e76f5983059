// Compares docs/from-python.md with the names of Python and of this package.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as os from 'node:os'
import { join } from 'node:path'
import * as sockets from 'bsd-sockets'
import * as promises from 'bsd-sockets/promises'
import * as socketserver from 'bsd-sockets/socketserver'
import * as streams from 'bsd-sockets/streams'
import * as sys from 'bsd-sockets/syscalls'
import { afterAll, describe, expect, test } from 'vitest'
import { tool } from '../support/tools.js'
import { root } from '../support/root.js'

interface Row {
  readonly python: readonly string[]
  readonly here: readonly string[]
  readonly why: string
}

const codes = (cell: string): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code]) => code!)

/** The tables by their headings. */
function tables(): Map<string, Row[]> {
  const page = readFileSync(join(root, 'docs/from-python.md'), 'utf8')
  const found = new Map<string, Row[]>()
  for (const section of page.split(/^#+ /m).slice(1)) {
    const [heading] = section.split('\n', 1)
    const rows = Array.from(section.matchAll(/^\| (`.*?) \| (.*?) ?\| (.*?) ?\|$/gm), ([, python, here, why]) => ({
      python: codes(python!),
      here: codes(here!),
      why: why!,
    }))
    if (rows.length > 0) found.set(heading!, rows)
  }
  return found
}

const sections = tables()

interface Python {
  readonly version: readonly [number, number]
  readonly names: Readonly<Record<string, readonly string[]>>
  readonly constants: readonly string[]
}

const commands = tool('python3') ? ['python3', 'python3.12', 'python3.13', 'python3.14'] : []
const pythons = commands.flatMap(command => {
  const { status, stdout } = spawnSync(command, [join(root, 'test/python/names.py')], { encoding: 'utf8' })
  return status === 0 ? [JSON.parse(stdout) as Python] : []
})

describe.each(pythons.map(python => [python.version.join('.'), python] as const))('Python %s', (_, python) => {
  const { version, names, constants } = python
  test.each(Object.entries(names))('%s: its table has each name', (section, pythons) => {
    const listed = new Set(sections.get(section)?.flatMap(({ python }) => python))
    expect(pythons.filter(name => !listed.has(name))).toEqual([])
  })

  test('each constant is exported under the same name, or in the table', () => {
    const listed = sections.get('socket')!.flatMap(({ python }) => python)
    expect(constants.filter(name => !(name in sockets) && !listed.includes(name))).toEqual([])
    expect(constants.length).toBeGreaterThan(200)
  })

  // The tables have the names of all versions and systems. Only a new Python on Linux has nearly all of them.
  if (version[1] < 13 || process.platform !== 'linux') return
  const elsewhere = new Set(['DevpollSelector', 'KqueueSelector', 'kevent', 'kqueue'])
  test.each([...sections].filter(([section]) => section !== 'kqueue objects'))(
    '%s: its table has only names of Python',
    (section, rows) => {
      const known = [...names[section]!, ...constants]
      const listed = rows.flatMap(({ python }) => python)
      expect(listed.filter(name => !known.includes(name) && !elsewhere.has(name))).toEqual([])
    },
  )
})

describe('the columns of this package', () => {
  const [socket, peer] = sockets.Socket.pair()
  const selector = new sockets.PollSelector()
  const everything = {
    allowReuseAddress: true,
    allowReusePort: true,
    blockOnClose: true,
    daemonThreads: false,
    maxPacketSize: 100,
    maxThreads: 1,
    requestQueueSize: 1,
  }
  const server = new socketserver.TCPServer(['127.0.0.1', 0], socketserver.StreamRequestHandler, everything)
  const handler = new socketserver.StreamRequestHandler(socket, server.serverAddress, server)
  const datagram: socketserver.DatagramRequest = [Buffer.alloc(0), socket]
  const datagramHandler = new socketserver.DatagramRequestHandler(datagram, server.serverAddress, server)
  void handler.setup()
  const { Epoll, Kqueue } = sockets
  const epoll = Epoll && new Epoll()
  const kqueue = Kqueue && new Kqueue()
  afterAll(async () => {
    for (const one of [socket, peer, selector, epoll, kqueue]) one?.close()
    await server.serverClose()
  })

  const key = selector.register(socket, sockets.EVENT_READ, 'data')
  const objects: Record<string, unknown> = { datagramHandler, epoll, handler, key, kqueue, selector, server, socket }
  const scope: Record<string, unknown> = { ...sockets, ...objects, os, promises, socketserver, streams, sys }
  const elsewhere = new Set(['Epoll', 'EpollSelector', 'Kqueue', 'KqueueSelector']) // undefined on other systems
  for (const [name, object] of Object.entries({ epoll, kqueue })) if (object === undefined) elsewhere.add(name)

  /** Whether the path leads to a value, for example `server.options.maxThreads`. */
  function exists(path: string): boolean {
    const [first, ...rest] = path.split('.') as [string, ...string[]]
    if (elsewhere.has(first)) return first in scope
    let value = scope[first]
    for (const name of rest) {
      if (value === undefined || !(name in Object(value))) return false
      value = (value as Record<string, unknown>)[name]
    }
    return value !== undefined
  }

  test.each([...sections])('%s: each name exists', (_, rows) => {
    expect(rows.flatMap(({ here }) => here).filter(path => !exists(path))).toEqual([])
  })

  test.each([...sections])('%s: a row without a counterpart gives the reason', (_, rows) => {
    expect(rows.filter(({ here, why }) => here.length === 0 && why === '')).toEqual([])
  })

  test('no table has a name twice', () => {
    for (const [section, rows] of sections) {
      const names = rows.flatMap(({ python }) => python)
      expect(names, section).toEqual([...new Set(names)])
    }
  })
})
