// Failing allocations of the addon are an Error with a code, or harmless. test/all/allocations.js tests each of them.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { script } from '../support/child.js'
import { tool } from '../support/tools.js'
import { root } from '../support/root.js'

const programs = join(root, 'build/programs/test/programs')

/** Whether the C library is glibc: the preloaded library calls glibc's internal names. */
function glibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  if (header.glibcVersionRuntime !== undefined) return true
  console.warn('skipped: the failing malloc is for glibc')
  return false
}

test.skipIf(!glibc() || !tool('cc'))('an allocation that fails', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'failing-malloc-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const library = join(folder, 'failing_malloc.so')
  const source = join(root, 'test/support/allocations/failing_malloc.c')
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { encoding: 'utf8' })
  expect(compiled.stderr).toBe('')
  const every = process.env.ALL_ALLOCATIONS === '1' ? 1 : 16
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(programs, 'failing-allocations.js'), library, String(every)],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  const { positions, failures, wrong } = JSON.parse(stdout) as Record<string, unknown>
  expect(wrong).toEqual([])
  expect(positions).toBeGreaterThan(60)
  expect(failures).toBeGreaterThan(60 / every)
})

test.skipIf(process.platform !== 'linux' || !tool('prlimit'))(
  'memory of a size that a caller has chosen, if the machine has less',
  async () => {
    const child = script(`
      import { execFileSync } from 'node:child_process'
      import { readFileSync } from 'node:fs'
      import * as C from 'bsd-sockets'
      import * as P from 'bsd-sockets/promises'
      const [one] = C.Socket.pair()
      const [other] = P.Socket.pair()
      const bytes = 4096 * Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[0]) + 2 ** 28
      execFileSync('prlimit', ['--as=' + bytes, '--pid', String(process.pid)])
      const size = 2 ** 31 - 1
      const calls = {
        recv: () => one.recv(size),
        'recv, MSG_TRUNC': () => one.recv(size, C.MSG_TRUNC),
        recvfrom: () => one.recvfrom(size),
        recvmsg: () => one.recvmsg(size),
        'recvmsg, control': () => one.recvmsg(1, size),
        getsockopt: () => one.getsockopt(C.SOL_SOCKET, C.SO_RCVBUF, size),
        recvExactly: () => C.recvExactly(one, size),
        'promises: recv': () => other.recv(size),
        'promises: recvmsg, control': () => other.recvmsg(1, size),
        MessageBatch: () => new C.MessageBatch(1024, 2 ** 21),
        'MessageBatch, names': () => new C.MessageBatch(1024, 1, { nameSize: 2 ** 21 }),
        'MessageBatch, control': () => new C.MessageBatch(1024, 1, { controlSize: 2 ** 21 }),
      }
      for (const [name, call] of Object.entries(calls)) {
        try {
          await call()
          console.log(name, 'done')
        } catch (error) {
          const { code, message, constructor } = error
          if (constructor !== RangeError || code !== 'ERR_MEMORY_ALLOCATION_FAILED' || !/'(size|controlSize|nameSize)'/.test(message))
            console.log(name, code, message)
        }
      }
      one.close()
      other.close()
      process.exit()`)
    expect(await child.finished()).toBe('')
  },
)
