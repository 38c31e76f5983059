// System calls of servers, floors, drop-ins and commands that fail: a sample of the matrix, chosen by SEED, and cells that
// were wrong once. `npm run campaigns -- faults` is the whole.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'
import { tool } from '../support/tools.js'

const possible = process.platform === 'linux' && tool('cc')

/** What a matrix prints of each cell, and of those that are wrong how to repeat them. */
async function matrix(...args: string[]): Promise<{ cells: string[]; wrong: string[] }> {
  const child = new Child(process.execPath, [join(root, 'test/faults/matrix.js'), ...args])
  await child.ended
  const lines = child.stdout.trim().split('\n')
  const sum = lines.find(line => /^\d+ cells in/.test(line))
  if (sum === undefined) throw new Error(`it has not ended: ${child.stdout}${child.stderr}`)
  console.log(sum)
  return { cells: lines, wrong: lines.filter(line => /^(WRONG|again)/.test(line)) }
}

test.skipIf(!possible)('a sample', { timeout: 60_000 }, async () => {
  const { wrong } = await matrix('--quiet', '--cells', '20')
  expect(wrong).toEqual([])
})

// Each is a kind of fault that the matrix has found. They are of few programs, since each has to start.
const once = {
  'a stop of a server in C whose pipe cannot be written': 'echo in C, epoll: stop write 1 (EINTR|EPIPE)',
  'a listener of promises that fails': 'echo in TypeScript, promises: talk accept4 1 EBADF',
  'a stop of promises that cannot be waited for': 'echo in TypeScript, promises: start getsockopt 6 EBADF',
  'a listener of the reactor that fails': 'echo in TypeScript, reactor: talk accept4 1 EBADF',
  'a send to a client that is paused then': 'echo in TypeScript, reactor: talk sendto 1 E(CONNRESET|IO|NOBUFS)',
  'a listener in a worker that fails': 'http in TypeScript, serveInWorkers: talk accept4 1 EBADF',
  'a connect that a signal interrupts when its result is asked for': 'promises, TCP: talk connect 2 EINTR',
  'a look at readiness that a signal interrupts': 'drop-ins, unix-dgram: talk poll . EINTR',
  'a close that fails': 'drop-ins, usocket: talk close 1 EIO',
  'a bind or connect that a signal interrupts': 'drop-ins, unix-dgram: talk (bind|connect) 1 EINTR',
  'a shutdown of nc that fails': 'commands, nc -U: talk shutdown 1 EBADF',
  'a client of C for whom no descriptor is left': 'echo in C, epoll: talk accept4 1 EMFILE',
  'a client of the reactor for whom no descriptor is left': 'echo in TypeScript, reactor: talk accept4 1 EMFILE',
  'a close of nc, by a timer, that fails': 'commands, nc -u: talk close 1 EIO',
}

test.skipIf(!possible)('cells that were wrong once, and a lack of descriptors', { timeout: 120_000 }, async () => {
  const { cells, wrong } = await matrix(...Object.values(once).flatMap(line => ['--only', line]))
  expect(wrong).toEqual([])
  const missing = Object.entries(once).filter(
    ([, line]) => !cells.some(cell => new RegExp(`^[✓ce] ${line}$`).test(cell)),
  )
  expect(missing).toEqual([])
})
