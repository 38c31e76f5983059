// A process whose workers are blocked, and how it ends: `node blocked-threads.js exit accept recv ...`, with `exit`,
// `throw` or `end`. It says when that began; `end` terminates the workers and returns.
import { writeSync } from 'node:fs'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const [how, ...calls] = process.argv.slice(2)

const workers = calls.map(call => new Worker(new URL('./blocked.js', import.meta.url), { workerData: [call] }))
await Promise.all(workers.map(worker => once(worker, 'message')))
await new Promise(resolve => setTimeout(resolve, 250)) // they are in their waits by now
writeSync(1, `began ${Date.now()}\n`)
if (how === 'exit') process.exit(7)
if (how === 'throw') throw new Error('uncaught')
await Promise.all(workers.map(worker => worker.terminate()))
