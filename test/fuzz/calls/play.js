// Makes calls, in this process: `node play.js SEED CALLS [FIRST]`, or `node play.js FILE` for a JSON list of texts. Prints what was
// wrong, as JSON. run.js starts it and makes what it finds small. The file that FUZZ_AT names has the count of the call under way.
import { openSync, readFileSync, writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { begin, descriptors, pause, play, state } from './world.js'
import { textOf, names } from './calls.js'

const [given, calls = '10000', first = '0'] = process.argv.slice(2)
const list = /^\d+$/.test(given) ? undefined : JSON.parse(readFileSync(given, 'utf8'))
const seed = Number(given)
const total = list?.length ?? Number(calls)
const from = list ? 0 : Number(first)

const mark = process.env.FUZZ_AT === undefined ? undefined : openSync(process.env.FUZZ_AT, 'w')
const trace = process.env.FUZZ_TRACE !== undefined

// A call that blocks this thread for ever: the process ends, and run.js sees where.
const progress = new Int32Array(new SharedArrayBuffer(4))
const watchdog = `
  const { workerData: progress } = require('node:worker_threads')
  let last = -1
  setInterval(() => {
    const now = Atomics.load(progress, 0)
    if (now === last) process.kill(process.pid, 'SIGKILL')
    last = now
  }, 30_000)`
new Worker(watchdog, { eval: true, workerData: progress }).unref()

const wrong = []
const reached = new Set()
const add = (i, text, what) => wrong.push({ count: i, text, what })

async function busy() {
  const before = process.cpuUsage()
  await pause(60)
  const { user, system } = process.cpuUsage(before)
  return user + system > 45_000
}

async function checkIdle(i, text) {
  for (let turn = 0; turn < 5; turn++) if (!(await busy())) return
  add(i, text, 'the loop turns in a circle after this call or one before it')
}

await begin()
for (let i = 0; i < 40; i++) await play(textOf(1, i)[1])
await pause(50)
let before = descriptors()
const thrownBefore = state().thrown
for (let i = from; i < from + total && wrong.length < Number(process.env.FUZZ_FINDINGS ?? 20); i++) {
  const [name, text] = list ? ['', list[i]] : textOf(seed, i)
  Atomics.add(progress, 0, 1)
  if (mark !== undefined) writeSync(mark, `${i}\n`.padStart(12), 0)
  if (trace) console.error(`${i} ${text}`)
  reached.add(name)
  for (const what of await play(text)) add(i, text, what)
  const last = i === from + total - 1
  if (i % 100 === 99 || last) {
    for (let turn = 0; turn < 300 && descriptors() > before; turn++) await pause(10)
    const now = descriptors()
    if (now > before) add(i, text, `this call, or one of the hundred before it, left descriptors open: ${now - before}`)
    before = now
  }
  if (i % 1000 === 999 || (list && last)) await checkIdle(i, text)
}
const missed = list ? [] : names.filter(name => !reached.has(name))
console.log(
  JSON.stringify({ calls: total, thrown: state().thrown - thrownBefore, reached: reached.size, missed, wrong }),
)
process.exit()
