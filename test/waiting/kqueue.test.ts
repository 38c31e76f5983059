import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

test("the poller on kqueue keeps the poller's contract, over a replacement of kevent(2)", () => {
  const folder = mkdtempSync(join(tmpdir(), 'kqueue-'))
  try {
    const program = join(folder, 'poller-kqueue-test')
    execFileSync(
      'cc',
      [
        ...['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-g'],
        ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
        ...['-Inative/poller', '-Itest/support/kqueue', '-o', program],
        ...[
          'native/poller/poller_kqueue.c',
          'test/support/kqueue/kqueue.c',
          'test/support/kqueue/poller_kqueue_test.c',
        ],
      ],
      { cwd: root },
    )
    const { stdout, stderr, status } = spawnSync(program, { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout).toBe('13 passed\n')
    expect(status).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
