// How a server treats errors of accept(2).
import { SocketError } from 'bsd-sockets'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { expect, test } from 'vitest'
import { AcceptFailures } from '../../lib/tested.js'
import { root } from '../support/root.js'

const { EBADF, ECONNABORTED, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, EOPNOTSUPP, EPERM, EPROTO } = constants.errno
const failed = (errno: number): SocketError => new SocketError(errno, 'accept')

test('a client that has left does not delay the next', () => {
  const told: Error[] = []
  const failures = new AcceptFailures(error => told.push(error))
  for (const errno of [ECONNABORTED, EPROTO]) expect(failures.pause(failed(errno))).toBe(0)
  expect(told).toEqual([])
})

test('a lack of descriptors or memory makes a pause, with a warning at most once a second', () => {
  const told: Error[] = []
  const failures = new AcceptFailures(error => told.push(error))
  const errors = [EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM].map(failed)
  for (const error of errors) expect(failures.pause(error)).toBeGreaterThan(0)
  expect(told).toEqual([errors[0]])
})

test('errors of the listener, and errors that do not come from the network, are thrown', () => {
  const failures = new AcceptFailures()
  for (const error of [...[EBADF, EINVAL, EOPNOTSUPP].map(failed), new TypeError('not a socket'), 'text']) {
    let thrown: unknown
    try {
      failures.pause(error)
    } catch (caught) {
      thrown = caught
    }
    expect(thrown).toBe(error)
  }
})

test('the servers in C ignore the same errors', () => {
  const source = readFileSync(join(root, 'native/servers/server.c'), 'utf8')
  const [, body] = /^static bool passes_by[^]*?switch([^]*?)return true/m.exec(source)!
  const named = [...body!.matchAll(/case (E\w+):/g)].map(([, name]) => name!)
  const failures = new AcceptFailures(() => {})
  const passes = (errno: number): boolean => {
    try {
      return failures.pause(failed(errno)) === 0
    } catch {
      return false
    }
  }
  const ours = [...getSystemErrorMap()].filter(([errno]) => passes(-errno)).map(([, [name]]) => name)
  expect(named.length).toBeGreaterThan(3)
  expect([...named].sort()).toEqual(ours.sort())
})
