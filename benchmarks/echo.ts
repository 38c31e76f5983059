// What an echo costs: TCP connections that stay, messages there and back.
import { join } from 'node:path'
import type { Load } from './load.js'
import { measureLoad } from './load.js'
import { built, compiled, root, version } from './machine.js'
import { loadColumns, wanted } from './question.js'
import type { Prepared, Question } from './question.js'
import { startAll, stopAll } from './server.js'
import type { Contestant } from './server.js'

const command = join(root, 'bin/bsd-sockets.js')

const inC = (mode: string, most?: number): Contestant => ({
  name: `c-${mode}`,
  command: [built('echo'), '--port=0', `--mode=${mode}`],
  ...(most === undefined ? {} : { most }),
})

const inTypeScript = (mode: string, most?: number): Contestant => ({
  name: mode,
  command: [process.execPath, command, 'echo', '--port=0', `--mode=${mode}`],
  ...(most === undefined ? {} : { most }),
})

const program = (name: string): Contestant => ({ name, command: [process.execPath, compiled(`echo-${name}.js`)] })

/** The echo servers, the mark first. `most`: one client at a time, a thread each, FD_SETSIZE. */
export const echoServers: readonly Contestant[] = [
  inC('epoll'),
  program('reactor'),
  program('net'),
  program('net-onread'),
  program('promises'),
  program('streams'),
  inTypeScript('epoll'),
  inTypeScript('poll'),
  inTypeScript('select', 900),
  inTypeScript('threads', 10),
  inTypeScript('blocking', 1),
  inC('poll'),
  inC('select', 900),
  inC('threads'),
  inC('blocking', 1),
  { name: 'asyncio', command: ['python3', join(root, 'benchmarks/servers/echo_asyncio.py')] },
]

interface EchoLoad extends Load {
  readonly connections: number
}

const loads: EchoLoad[] = [
  { mode: 'echo', connections: 100, size: 64, depth: 1 },
  { mode: 'echo', connections: 100, size: 64, depth: 16 },
  { mode: 'echo', connections: 1000, size: 64, depth: 1 },
  { mode: 'echo', connections: 1000, size: 64, depth: 16 },
  { mode: 'echo', connections: 10, size: 16384, depth: 16 },
  { mode: 'echo', connections: 100, size: 16384, depth: 1 },
  { mode: 'echo', connections: 10, size: 1024, depth: 1 },
  { mode: 'echo', connections: 10, size: 262144, depth: 1 },
  { mode: 'echo', connections: 1, size: 64, depth: 1 },
  { mode: 'echo', connections: 10, size: 64, depth: 1, rate: 10000 },
]

const title = ({ connections, size, depth, rate }: EchoLoad): string =>
  `${connections} connections, ${size! < 1024 ? `${size} B` : `${size! / 1024} KiB`}, ` +
  (rate === undefined ? `depth ${depth}` : `${rate} a second`)

export const echo: Question = {
  title: 'Echo over TCP',
  columns: loadColumns,
  more: true,
  async prepare(options): Promise<Prepared> {
    const skipped = version('python3', '--version') === null ? ['asyncio: python3 is not installed'] : []
    const servers = await startAll(
      echoServers.filter(({ name }) => wanted(options, name) && !(name === 'asyncio' && skipped.length > 0)),
    )
    const cases = (options.quick ? [loads[1]!, loads[5]!] : loads).map(load => ({
      name: title(load),
      entrants: servers
        .filter(({ most = Infinity }) => load.connections <= most)
        .map(({ name, server }) => ({ name, measure: () => measureLoad(server, load, options.duration) })),
    }))
    return {
      cases: cases.filter(({ entrants }) => entrants.length > 0),
      skipped,
      close: () => stopAll(servers),
    }
  },
}
