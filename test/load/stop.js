// Stops each server of the command while clients connect and request as fast as they can. Every client whose connection
// the kernel has made, accepted or not, gets its whole answer; those that come later are refused; the server ends with
// status 0.
//
//   node test/load/stop.js [ROUNDS] [SERVER…]
//
// ROUNDS is how often each is stopped; default: the variable STOP_ROUNDS, or 1. A SERVER is a part of a name such as `echo ts epoll tcp`; default: all.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { clearTimeout } from 'node:timers'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../scripts/stamp.js'

const rounds = Number(process.argv[2] ?? process.env.STOP_ROUNDS ?? 1)
const chosen = process.argv.slice(3)
const modes = { ts: ['blocking', 'threads', 'select', 'poll', 'epoll', 'promises', 'reactor'] }
modes.c = modes.ts.slice(0, 5)

const names = []
for (const program of ['echo', 'http'])
  for (const lang of ['ts', 'c'])
    for (const mode of modes[lang]) for (const place of ['tcp', 'unix']) names.push([program, lang, mode, place])
for (const [program, kind] of [
  ['echo', 'TCPServer'],
  ['echo', 'threading'],
  ['http', 'serveInWorkers'],
])
  names.push([program, 'own', kind, 'tcp'])

const clients = fork(join(root, 'test/load/stop-clients.js'))
const folder = mkdtempSync(join(tmpdir(), 'stop-'))

async function startServer([program, lang, mode, place], number) {
  const path = join(folder, `${number}`)
  const args = ['--mode', mode, ...(place === 'tcp' ? ['--port', '0'] : ['--path', path])]
  const commands = {
    ts: [process.execPath, join(root, 'bin/bsd-sockets.js'), program, ...args],
    c: [join(root, 'build/Release', program), ...args],
    own: [process.execPath, join(root, 'test/faults/servers.js'), mode], // without a command
  }
  const [command, ...words] = commands[lang]
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', text => (errors += text))
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data')
  const port = Number(/:(\d+)\n$/.exec(text)?.[1])
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, errors }))
  return { child, ended, address: place === 'tcp' ? ['127.0.0.1', port] : path }
}

let failed = false
const total = { stops: 0, answered: 0, again: 0, refused: 0, lost: 0 }
let number = 0

async function stopUnderLoad(name) {
  const { child, ended, address } = await startServer(name, number++)
  clients.send({ program: name[0], address, clients: 16 })
  await once(clients, 'message') // it is under load
  const result = once(clients, 'message')
  await sleep(100 * Math.random())
  child.kill('SIGTERM')
  const began = performance.now()
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const { code, signal, errors } = await ended
  clearTimeout(limit)
  const seconds = (performance.now() - began) / 1000
  const [{ notes, ...counts }] = await result
  total.stops++
  for (const [what, count] of Object.entries(counts)) total[what] += count
  const good = code === 0 && errors === '' && counts.lost === 0 && counts.answered > 0
  failed ||= !good
  const told = Object.entries(counts).map(([what, count]) => `${what} ${count}`)
  const bad = good ? '' : ` FAILED: status ${code ?? signal} ${JSON.stringify(notes)} ${errors}`
  console.log(`${name.join(' ')}: ${told.join(', ')}, ended in ${seconds.toFixed(2)} s${bad}`)
}

try {
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      if (chosen.length === 0 || chosen.some(part => name.join(' ').includes(part))) await stopUnderLoad(name)
    }
  }
} finally {
  clients.disconnect()
  rmSync(folder, { recursive: true })
}
console.log(
  Object.entries(total)
    .map(([what, count]) => `${count} ${what}`)
    .join(', '),
)
process.exitCode = failed ? 1 : 0
