// HTTP: requests by wrk for `hello` over persistent connections, one at a time and 16 at a time.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { built, loadCore, pinned, root } from './machine.js'
import { choose, cpuOf, startAll, stopAll } from './peer.js'
import type { Peer, Running, Server } from './peer.js'
import type { Prepared, Question, Sample } from './question.js'
import { bun, deno, hono, native, newestNode, nginx, node, wrk } from './runtimes.js'

const compiled = (name: string): string[] => [join(import.meta.dirname, 'servers', name)]
const source = (name: string): string[] => [join(root, 'benchmarks/servers', name)]

const inC = (mode: string, app = 'hello'): Peer => ({
  name: `c-${mode}`,
  runtime: native,
  args: [built('http'), '--port=0', `--mode=${mode}`, `--app=${app}`],
})
const inTypeScript = (mode: string, app = 'hello'): Peer => ({
  name: mode,
  runtime: node,
  args: [join(root, 'bin/bsd-sockets.js'), 'http', '--port=0', `--mode=${mode}`, `--app=${app}`],
})

// The servers of this package are its commands, as published.
const peers: readonly Peer[] = [
  inC('epoll'),
  inTypeScript('reactor'),
  inTypeScript('promises'),
  { name: 'fetchHandler', runtime: node, args: compiled('http-fetch.js') }, // no command has this handler
  inTypeScript('epoll'),
  inTypeScript('poll'),
  { ...inTypeScript('select'), most: 900 },
  { ...inTypeScript('threads'), most: 10 },
  { ...inTypeScript('blocking'), most: 1 },
  { name: 'node:http', runtime: node, args: compiled('http-node.js') },
  { name: 'node:http-26', runtime: newestNode, args: compiled('http-node.js') },
  { name: 'hono', runtime: hono, args: source('http-hono.js') },
  { name: 'hono-node-server', runtime: hono, args: [...source('http-hono.js'), 'node-server'] },
  { name: 'bun', runtime: bun, args: source('http-bun.js') },
  { name: 'deno', runtime: deno, args: source('http-deno.js') },
  { name: 'nginx', runtime: nginx, args: [] },
  inC('poll'),
  { ...inC('select'), most: 900 },
  inC('threads'),
  { ...inC('blocking'), most: 1 },
]

/** These answer a request with its own content. */
const echoing: readonly Peer[] = [
  inC('epoll', 'echo'),
  inTypeScript('reactor', 'echo'),
  inTypeScript('promises', 'echo'),
  { name: 'streamBody', runtime: node, args: compiled('http-echo.js') }, // no command streams
  { name: 'fetchHandler', runtime: node, args: compiled('http-echo-fetch.js') },
  { name: 'node:http', runtime: node, args: compiled('http-echo-node.js') },
]

/** These answer with 64 KiB; of the servers for `hello` these do so on another path. */
const large: readonly Peer[] = [
  { name: 'fetchHandler', runtime: node, args: compiled('http-large-fetch.js') },
  { name: 'node:http', runtime: node, args: compiled('http-large-node.js') },
]
const withLarge = ['c-epoll', 'reactor', 'promises', 'nginx']

const urlOf = ({ place }: Server): string => `http://127.0.0.1:${'port' in place ? place.port : 0}/`

const pipeline = (depth: number): string => `
init = function(args)
  local requests = {}
  for i = 1, ${depth} do requests[i] = wrk.format(nil, '/') end
  all = table.concat(requests)
end
request = function() return all end
`

const content = 'x'.repeat(65536)
const upload = `wrk.method = 'POST'; wrk.body = string.rep('x', ${content.length})`

const download = `wrk.path = '/large'`

/** Sends one request and checks the answer: wrk checks only the status. */
async function check(name: string, server: Server, sent?: string, path = ''): Promise<void> {
  const method = sent === undefined ? {} : { method: 'POST', body: sent }
  const response = await fetch(urlOf(server) + path, { ...method, signal: AbortSignal.timeout(10_000) })
  const body = await response.text()
  const answered = path === '' ? /^hello/i.test(body) : body.length === content.length
  const right = sent === undefined ? answered : body === sent
  if (response.status !== 200 || !right) throw new Error(`${name}: ${response.status} '${body.slice(0, 100)}'`)
}

const microseconds = (text: string | undefined): number => {
  const [, digits, unit] = /([\d.]+)(us|ms|s)/.exec(text ?? '') ?? []
  return Number(digits) * { us: 1, ms: 1e3, s: 1e6 }[(unit ?? 's') as 'us' | 'ms' | 's']
}

// wrk takes whole seconds only. SIGINT ends it earlier; it then prints its report.
async function wrkOn(server: Server, connections: number, script: string, duration: number): Promise<string> {
  const args = ['-t1', `-c${connections}`, '-d600s', '--latency', '-s', script, urlOf(server)]
  const [file, ...command] = pinned(loadCore, ['wrk', ...args])
  const child = spawn(file!, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const report = text(child.stdout)
  await Promise.race([pause(duration), ended])
  child.kill('SIGINT')
  await ended
  return report
}

async function ask(server: Server, connections: number, script: string, duration: number): Promise<Sample> {
  const before = cpuOf(server.pid)
  const stdout = await wrkOn(server, connections, script, duration)
  const after = cpuOf(server.pid)
  const failed = /Socket errors.*|Non-2xx.*/.exec(stdout)
  if (failed !== null) throw new Error(`wrk: ${failed[0]}`)
  const requests = Number(/(\d+) requests in/.exec(stdout)![1])
  const user = after.user - before.user
  const kernel = after.kernel - before.kernel
  return {
    perSecond: Number(/Requests\/sec:\s*([\d.]+)/.exec(stdout)![1]),
    perCpuSecond: requests / (user + kernel),
    userNs: (user * 1e9) / requests,
    kernelNs: (kernel * 1e9) / requests,
    p50: microseconds(/^ +50% +(\S+)/m.exec(stdout)?.[1]),
    p99: microseconds(/^ +99% +(\S+)/m.exec(stdout)?.[1]),
  }
}

// A port that the kernel does not assign by itself, so that nobody takes it before nginx. ip(7), ip_local_port_range
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const server = createServer().listen(port, '127.0.0.1')
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.close()
    if (free) return port
  }
}

// nginx does not print when it listens. So a shell starts a background process that prints it, and becomes nginx.
async function nginxOn(folder: string): Promise<Peer> {
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  const text = `
    daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit;
    events { worker_connections 4096; }
    http {
      access_log off; keepalive_requests 1000000000; client_body_temp_path ${folder}/body;
      server {
        listen 127.0.0.1:${port}; root ${folder};
        location / { default_type text/plain; return 200 "hello world\\n"; }
        location = /large { sendfile on; }
      }
    }`
  writeFileSync(file, text)
  writeFileSync(join(folder, 'large'), Buffer.alloc(content.length))
  const ready = `(sleep 0.5; echo listening on 127.0.0.1:${port}) & exec nginx -e stderr -p ${folder} -c ${file}`
  return { name: 'nginx', runtime: { ...nginx, command: ['sh', '-c'] }, args: [ready] }
}

export const http: Question = {
  title: 'HTTP hello',
  columns: [
    { key: 'perSecond', title: 'a second', digits: 0, ratio: true },
    { key: 'perCpuSecond', title: 'a CPU second', digits: 0, ratio: true },
    { key: 'userNs', title: 'user ns', digits: 0 },
    { key: 'kernelNs', title: 'kernel ns', digits: 0 },
    { key: 'p50', title: 'p50 µs', digits: 0 },
    { key: 'p99', title: 'p99 µs', digits: 0 },
  ],
  warm: true,
  async prepare(options): Promise<Prepared> {
    if (wrk.command === null) return { cases: [], skipped: [`all: wrk: ${wrk.missing}`] }
    const { there, skipped } = choose(options, peers)
    const folder = mkdtempSync(join(tmpdir(), 'bench-http-'))
    const servers = await startAll(
      await Promise.all(there.map(async peer => (peer.name === 'nginx' ? await nginxOn(folder) : peer))),
    )
    for (const { name, server } of servers) await check(name, server)
    const echoes = await startAll(choose(options, echoing).there)
    for (const { name, server } of echoes) await check(name, server, content)
    const others = await startAll(choose(options, large).there)
    const downloads = [...servers.filter(({ name }) => withLarge.includes(name)), ...others]
    for (const { name, server } of downloads) await check(name, server, undefined, 'large')
    const entrantsOf = (peers: readonly Running[], connections: number, file: string, lua: string) => {
      const script = join(folder, file)
      writeFileSync(script, lua)
      return peers
        .filter(({ most = Infinity }) => connections <= most)
        .map(({ name, server }) => ({
          name,
          measure: () => ask(server, connections, script, options.duration * 2),
        }))
    }
    const shapes = options.quick
      ? [{ connections: 16, depth: 4 }]
      : [
          { connections: 64, depth: 1 },
          { connections: 64, depth: 16 },
          { connections: 256, depth: 1 },
          { connections: 1, depth: 1 },
        ]
    return {
      cases: [
        ...shapes.map(({ connections, depth }) => ({
          name: `${connections} connections, depth ${depth}`,
          shape: { connections, depth },
          entrants: entrantsOf(servers, connections, `pipeline-${depth}.lua`, pipeline(depth)),
        })),
        {
          name: '64 connections, 64 KiB there and back',
          shape: { connections: 64, depth: 1, size: content.length },
          entrants: entrantsOf(echoes, 64, 'upload.lua', upload),
        },
        {
          name: '64 connections, answers of 64 KiB',
          shape: { connections: 64, depth: 1, size: content.length },
          entrants: entrantsOf(downloads, 64, 'download.lua', download),
        },
      ],
      skipped,
      async close() {
        await stopAll([...servers, ...echoes, ...others])
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
