// Runs programs under strace(1).
import { spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { startChild } from './child.js'
import type { Child } from './child.js'

// A question mark allows for kernels that lack the call.
const calls = [
  '%network',
  'close',
  '?epoll_ctl',
  '?epoll_wait',
  'fcntl',
  'ioctl',
  '?poll',
  'ppoll',
  'pselect6',
  'read',
  'readv',
  '?select',
  'sendfile',
  'splice',
  'write',
  'writev',
]

/** Whether strace is installed and may trace. ptrace(2) */
export const canStrace = (): boolean => spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0

/** A Node program under strace, and the lines with the calls of its main thread. */
export function startStrace(args: readonly string[]): Child & { lines: AsyncIterable<string> } {
  // The lines come on a descriptor of their own, apart from the program's output. -y names descriptors.
  const options = ['-qq', '-y', '-s', '64', '-e', `trace=${calls.join(',')}`, '-o', '|exec cat >&3']
  const child = startChild('strace', [...options, process.execPath, ...args], ['inherit', 'inherit', 'inherit', 'pipe'])
  return { ...child, lines: createInterface(child.process.stdio[3] as Readable) }
}

/**
 * The line, without the names of descriptors, if it is a call on a socket; otherwise undefined. Calls on descriptors 0 to 3 are
 * left out: the standard streams and the pipe of these lines may be sockets, but not the program's.
 */
export function networkCall(line: string): string | undefined {
  const call = line.replaceAll(/(\d)<(?:socket|anon_inode|\w*pipe):\[[^\]]*\]>/g, '$1')
  return /^(socket|socketpair|epoll_wait)\(|\b([4-9]|\d\d+)<socket:/.test(line) ? call : undefined
}
