// HTTP: `hello` over connections that stay, asked for by wrk, one request at a time and 16 at a time.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { built, compiled, loadCore, pinned, version } from './machine.js'
import { wanted } from './question.js'
import type { Prepared, Question, Sample } from './question.js'
import { cpuOf, startAll, stopAll } from './server.js'
import type { Contestant, Server } from './server.js'

const run = promisify(execFile)

const program = (name: string, file: string): Contestant => ({ name, command: [process.execPath, compiled(file)] })

const contestants: readonly Contestant[] = [
  { name: 'c-epoll', command: [built('http'), '--port=0', '--mode=epoll'] },
  program('serve', 'http-serve.js'),
  program('node:http', 'http-node.js'),
]

const pipeline = (depth: number): string => `
init = function(args)
  local requests = {}
  for i = 1, ${depth} do requests[i] = wrk.format(nil, '/') end
  all = table.concat(requests)
end
request = function() return all end
`

/** Asks once, and checks the answer: wrk looks at the status alone. */
async function check(name: string, { port }: Server): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/`)
  const body = await response.text()
  if (response.status !== 200 || !/^hello/i.test(body)) throw new Error(`${name}: ${response.status} '${body}'`)
}

const microseconds = (text: string | undefined): number => {
  const [, digits, unit] = /([\d.]+)(us|ms|s)/.exec(text ?? '') ?? []
  return Number(digits) * { us: 1, ms: 1e3, s: 1e6 }[(unit ?? 's') as 'us' | 'ms' | 's']
}

async function ask(server: Server, connections: number, script: string, seconds: number): Promise<Sample> {
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    script,
    `http://127.0.0.1:${server.port}/`,
  ]
  const [file, ...command] = pinned(loadCore, ['wrk', ...args])
  const before = cpuOf(server.pid)
  const { stdout } = await run(file!, command)
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
    p50: microseconds(/50%\s*(\S+)/.exec(stdout)?.[1]),
    p99: microseconds(/99%\s*(\S+)/.exec(stdout)?.[1]),
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

// nginx says nothing once it listens: a shell that has started it says so, and becomes it.
async function nginx(folder: string): Promise<Contestant> {
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  const text = `
    daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit;
    events { worker_connections 4096; }
    http {
      access_log off; keepalive_requests 1000000000; client_body_temp_path ${folder}/body;
      server { listen 127.0.0.1:${port}; location / { default_type text/plain; return 200 "hello world\\n"; } }
    }`
  writeFileSync(file, text)
  const ready = `(sleep 0.5; echo listening on 127.0.0.1:${port}) & exec nginx -e stderr -p ${folder} -c ${file}`
  return { name: 'nginx', command: ['sh', '-c', ready] }
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
  more: true,
  async prepare(options): Promise<Prepared> {
    if (version('wrk', '-v') === null) {
      return { cases: [], skipped: ['all: wrk is not installed'], close: () => Promise.resolve() }
    }
    const folder = mkdtempSync(join(tmpdir(), 'bench-http-'))
    const skipped: string[] = []
    const there = contestants.filter(({ name }) => wanted(options, name))
    if (version('nginx', '-v') === null) skipped.push('nginx: it is not installed')
    else if (wanted(options, 'nginx')) there.push(await nginx(folder))
    const servers = await startAll(there)
    for (const { name, server } of servers) await check(name, server)
    const seconds = Math.max(1, Math.round((options.duration * 2) / 1000))
    const shapes = options.quick
      ? [{ connections: 16, depth: 4 }]
      : [
          { connections: 64, depth: 1 },
          { connections: 64, depth: 16 },
          { connections: 256, depth: 1 },
        ]
    return {
      cases: shapes.map(({ connections, depth }) => {
        const script = join(folder, `pipeline-${depth}.lua`)
        writeFileSync(script, pipeline(depth))
        return {
          name: `${connections} connections, depth ${depth}`,
          entrants: servers.map(({ name, server }) => ({
            name,
            measure: () => ask(server, connections, script, seconds),
          })),
        }
      }),
      skipped,
      async close() {
        await stopAll(servers)
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
