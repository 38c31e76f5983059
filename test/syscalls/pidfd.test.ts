// The descriptors of another process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { F_GETFD, FD_CLOEXEC, poll } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'
import { expect, onTestFinished, test } from 'vitest'
import { ok, opened } from '../support/floor.js'

const { EBADF, EINVAL, ESRCH } = constants.errno

test.runIf(sys.pidfd_getfd)('pidfd_getfd duplicates a descriptor', async () => {
  const child = spawn('sleep', ['60'])
  onTestFinished(() => void child.kill())
  const process = opened(sys.pidfd_open!(child.pid!, 0))
  const input = opened(sys.pidfd_getfd!(process, 0, 0))
  expect(sys.fcntl(input, F_GETFD)).toBe(FD_CLOEXEC)
  child.stdin.write('for sleep')
  while (poll([input], 0).length === 0) await setTimeout(5) // a read would block this thread, which writes
  const room = Buffer.alloc(16)
  expect(room.toString('latin1', 0, ok(sys.read(input, room)))).toBe('for sleep')
  expect(sys.pidfd_getfd!(process, 999, 0)).toBe(-EBADF)
  expect(sys.pidfd_getfd!(process, 0, 1)).toBe(-EINVAL)
})

test.runIf(sys.pidfd_open)('pidfd_open fails for a process that has ended', async () => {
  const child = spawn('true')
  await once(child, 'exit')
  expect(sys.pidfd_open!(child.pid!, 0)).toBe(-ESRCH)
  expect(sys.pidfd_open!(process.pid, 1)).toBe(-EINVAL)
})
