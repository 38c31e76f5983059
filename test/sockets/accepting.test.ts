// What a server does when accept(2) fails.
import { SocketError } from 'bsd-sockets'
import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { AcceptFailures } from '../../lib/tested.js'

const { EBADF, ECONNABORTED, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, EOPNOTSUPP, EPERM, EPROTO } = constants.errno
const failed = (errno: number): SocketError => new SocketError(errno, 'accept')

test('one client that has left does not keep the next one waiting', () => {
  const told: Error[] = []
  const failures = new AcceptFailures(error => told.push(error))
  for (const errno of [ECONNABORTED, EPROTO]) expect(failures.pause(failed(errno))).toBe(0)
  expect(told).toEqual([])
})

test('what there is none of now makes a pause, and is told once a second at most', () => {
  const told: Error[] = []
  const failures = new AcceptFailures(error => told.push(error))
  const errors = [EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM].map(failed)
  for (const error of errors) expect(failures.pause(error)).toBeGreaterThan(0)
  expect(told).toEqual([errors[0]])
})

test("the listener's own failures, and what is none of the network's, are thrown", () => {
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
