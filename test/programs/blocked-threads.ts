// Ends while its workers are blocked: `node blocked-threads.js HOW CALL...`. HOW is `exit`, `throw` or `end`, which
// terminates the workers and returns. Prints the time when the end begins.
import { writeSync } from 'node:fs'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const [how, ...calls] = process.argv.slice(2)

const workers = calls.map(call => new Worker(new URL('./blocked.js', import.meta.url), { workerData: [call] }))
await Promise.all(workers.map(worker => once(worker, 'message')))
await new Promise(resolve => setTimeout(resolve, 250)) // until they are blocked
writeSync(1, `began ${Date.now()}\n`)
if (how === 'exit') process.exit(7)
if (how === 'throw') throw new Error('uncaught')
await Promise.all(workers.map(worker => worker.terminate()))
