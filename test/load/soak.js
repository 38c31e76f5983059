// Servers that run for an hour, and clients of every kind: they converse, half-close, say nothing, are slow, close in the
// middle, reset, and die. Then the servers hold as much as at the beginning: descriptors, memory; and all bytes are
// accounted for.
//
//   node test/load/soak.js [SECONDS] [FILE]
//
// SECONDS is how long; default: the variable SOAK_SECONDS, or 3600. The samples are written to FILE (default: the variable
// SOAK_FILE, or nowhere), as JSON; benchmarks/tools/soak.js draws them.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../scripts/stamp.js'
import { median, slope } from './flat.js'
import { resting } from './rest.js'

const seconds = Number(process.argv[2] ?? process.env.SOAK_SECONDS ?? 3600)
const file = process.argv[3] ?? process.env.SOAK_FILE
const period = seconds >= 600 ? 60_000 : 10_000 // of work and rest, see rest.js
const warm = seconds / 4 // the first part is not judged: heaps and buffers grow to their size
const whole = seconds >= 600 // a shorter run has no time to warm up: only its descriptors and bytes are judged
const limit = 0.01
const leak = 8 // bytes of the heap for a connection that is closed

const command = 'bin/bsd-sockets.js'
const programs = {
  reactor: [command, 'echo', '--mode', 'reactor', '--port', '0'],
  promises: [command, 'echo', '--mode', 'promises', '--port', '0'],
  http: [command, 'http', '--mode', 'reactor', '--port', '0'],
  udp: ['test/load/udp-server.js'],
}

const problems = []
const problem = text => {
  problems.push(text)
  console.log(`failed: ${text}`)
}

async function startServer(name) {
  const args = ['--expose-gc', '--import', join(root, 'test/load/heap.js'), ...programs[name]]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data')
  const port = Number(/:(\d+)\n/.exec(text)[1])
  const ended = once(child, 'exit')
  void ended.then(() => stopping || problem(`the server ${name} has ended`))
  return { name, child, port, ended, samples: [], rests: [] }
}

const status = pid => readFileSync(`/proc/${pid}/status`, 'utf8')
const rssOf = pid => Number(/VmRSS:\s+(\d+)/.exec(status(pid))[1]) * 1024
const descriptorsOf = pid => readdirSync(`/proc/${pid}/fd`).length

// Seconds of processor time. proc(5)
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const sample = ({ child: { pid } }) => ({ rss: rssOf(pid), descriptors: descriptorsOf(pid), cpu: cpuOf(pid) })

// The memory after a collection of garbage: what is left of it is in use.
async function sampleAtRest(server) {
  server.child.send('collect')
  const [heap] = await once(server.child, 'message')
  return { ...heap, ...sample(server) }
}

const total = { connections: 0, complete: 0, cut: 0, sent: 0, returned: 0, abandoned: 0, requests: 0, datagrams: 0 }
const kinds = {}
let killed = 0
let clientCpu = 0

const add = (sum, counts) => {
  for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count
}

// One process of clients. `killed` is false for those whose bytes have to add up.
function startClients(ports, settings) {
  const args = [JSON.stringify({ ports, period, ...settings })]
  const child = fork(join(root, 'test/load/clients.js'), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const clients = { child, latest: { counts: {}, kinds: {} }, cpu: 0, ended: once(child, 'exit') }
  child.on('message', latest => {
    clients.latest = latest
    clients.cpu = cpuOf(child.pid)
  })
  void clients.ended.then(([code]) => {
    add(total, clients.latest.counts)
    add(kinds, clients.latest.kinds)
    clientCpu += clients.cpu
    if (code === 1) problem('a process of clients has failed')
  })
  return clients
}

let stopping = false
const servers = await Promise.all(Object.keys(programs).map(startServer))
const ports = Object.fromEntries(servers.map(({ name, port }) => [name, port]))
const began = Date.now()
const elapsed = () => (Date.now() - began) / 1000
const before = cpuOf(process.pid)

const steady = startClients(ports, { width: 26, pause: 1000 })

// These die in the middle of what they do, and others take their place.
async function dying() {
  while (!stopping) {
    const clients = startClients(ports, { width: 4, pause: 300 })
    await Promise.race([sleep(2000 + 8000 * Math.random()), clients.ended])
    clients.child.kill('SIGKILL')
    await clients.ended
    killed++
    await sleep(3000)
  }
}
const deaths = dying()

const everySeconds = seconds >= 600 ? 10 : 1
const sampling = setInterval(() => {
  for (const server of servers) server.samples.push({ at: elapsed(), ...sample(server) })
}, everySeconds * 1000)

while (elapsed() < seconds && problems.length === 0) {
  await resting(period)
  for (const server of servers) server.rests.push({ at: elapsed(), ...(await sampleAtRest(server)) })
  if (file !== undefined) write()
}
clearInterval(sampling)
stopping = true
await deaths
await resting(period)
await sleep(1100) // until the counts of the steady clients have come: none is under way
const { counts } = steady.latest
steady.child.disconnect()
await steady.ended

const figure = (name, values, digits = 1) => `${name} ${values.map(value => value.toFixed(digits)).join(' → ')}`
const mib = bytes => bytes / 2 ** 20

const share = (total.connections / servers.length) * 0.75 // the connections of each server after the warm-up, nearly
for (const { name, rests, child } of servers) {
  const judged = rests.filter(({ at }) => at >= warm)
  const window = Math.ceil(judged.length / 4)
  const told = []
  for (const what of ['rss', 'heapUsed', 'arrayBuffers', 'descriptors']) {
    const values = judged.map(one => one[what])
    const first = median(values.slice(0, window))
    const last = median(values.slice(-window))
    const growth = (last - first) / first
    const trend =
      (slope(judged.map(({ at, [what]: value }) => [at, value])) * (judged.at(-1).at - judged[0].at)) / first
    told.push(
      `${what === 'descriptors' ? figure(what, [first, last], 0) : figure(`${what} MiB`, [first, last].map(mib), 2)} ` +
        `(${(growth * 100).toFixed(2)} %, slope ${(trend * 100).toFixed(2)} %)`,
    )
    if (!whole || growth <= limit || trend <= limit) continue
    if (what === 'rss') problem(`${name}: ${what} has grown by ${(growth * 100).toFixed(2)} %`)
    const each = (last - first) / share
    if (what === 'heapUsed' && each > leak)
      problem(`${name}: ${what} has grown by ${each.toFixed(1)} bytes a connection`)
  }
  if (judged.some(({ descriptors }) => descriptors !== judged[0].descriptors))
    problem(`${name}: descriptors at rest: ${judged.map(({ descriptors }) => descriptors).join(' ')}`)
  console.log(`${name}: ${told.join('; ')}; cpu ${cpuOf(child.pid).toFixed(1)} s`)
}
if (counts.connections === 0 || counts.complete + counts.cut !== counts.connections)
  problem(`of ${counts.connections} steady connections ${counts.complete + counts.cut} have ended as they should`)
const cpu = servers.reduce((sum, { child }) => sum + cpuOf(child.pid), clientCpu) + cpuOf(process.pid) - before
for (const { child } of servers) child.kill('SIGTERM')
for (const { child, ended, name } of servers.filter(({ name }) => name !== 'udp')) {
  const [code] = (await Promise.race([ended, sleep(30_000, undefined, { ref: false })])) ?? ['no end']
  if (code !== 0) problem(`${name}, asked to stop: ${code}, ${child.signalCode}`)
  child.kill('SIGKILL')
}
console.log(
  Object.entries(kinds)
    .sort()
    .map(([kind, count]) => `${kind}: ${count}`)
    .join('\n'),
)
console.log(
  `${elapsed().toFixed(0)} s, ${killed} processes of clients killed, ${(cpu / elapsed()).toFixed(2)} of a processor; ` +
    Object.entries(total)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
)
write({ total, kinds, killed, cpu, problems })

function write(verdict = {}) {
  if (file === undefined) return
  const series = servers.map(({ name, samples, rests }) => ({ name, samples, rests }))
  const machine = {
    cpu: cpus()[0].model,
    cores: cpus().length,
    node: process.versions.node,
    date: new Date().toISOString(),
  }
  writeFileSync(file, JSON.stringify({ seconds: elapsed(), warm, machine, ...verdict, servers: series }))
}
process.exitCode = problems.length > 0 ? 1 : 0
