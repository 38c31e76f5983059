// The echo servers; the others are compared with the first. The servers of this package are its commands, as published.
import { join } from 'node:path'
import { built, root } from './machine.js'
import type { Peer } from './peer.js'
import { bun, deno, native, newestNode, node, python } from './runtimes.js'
import type { Runtime } from './runtimes.js'

const served = (before: readonly string[], mode: string) => ({
  args: [...before, '--port=0', `--mode=${mode}`],
  unix: (path: string) => [...before, `--path=${path}`, `--mode=${mode}`],
})

const inC = (mode: string): Peer => ({ name: `c-${mode}`, runtime: native, ...served([built('echo')], mode) })

const command = [join(root, 'bin/bsd-sockets.js'), 'echo']
const inTypeScript = (mode: string, runtime = node): Peer => ({
  name: runtime === node ? mode : `${mode}-26`,
  runtime,
  ...served(command, mode),
})

/** A program of benchmarks/servers. Its argument is the path of a Unix socket, or none. */
const program = (name: string, runtime: Runtime, file: string): Peer => {
  const path = file.endsWith('.ts')
    ? join(import.meta.dirname, 'servers', file.replace('.ts', '.js'))
    : join(root, 'benchmarks/servers', file)
  return { name, runtime, args: [path], unix: place => [path, place] }
}

/** The reasons for `most`: one client at a time, a thread for each client, FD_SETSIZE. */
export const echoPeers: readonly Peer[] = [
  inC('epoll'),
  { name: 'c-plain', runtime: native, args: [built('load'), 'serve', '--offset', '128'] },
  inTypeScript('reactor'),
  inTypeScript('reactor', newestNode),
  inTypeScript('promises'),
  program('streams', node, 'echo-streams.ts'), // no command has this mode
  inTypeScript('epoll'),
  inTypeScript('poll'),
  { ...inTypeScript('select'), most: 900 },
  { ...inTypeScript('threads'), most: 10 },
  { ...inTypeScript('blocking'), most: 1 },
  program('net', node, 'echo-net.ts'),
  program('net-onread', node, 'echo-net-onread.ts'),
  program('net-26', newestNode, 'echo-net.ts'),
  program('net-onread-26', newestNode, 'echo-net-onread.ts'),
  program('bun', bun, 'echo-bun.js'),
  program('deno', deno, 'echo-deno.js'),
  program('asyncio', python, 'echo_asyncio.py'),
  { ...program('python-threads', python, 'echo_threads.py'), most: 100 },
  inC('poll'),
  { ...inC('select'), most: 900 },
  inC('threads'),
  { ...inC('blocking'), most: 1 },
]
