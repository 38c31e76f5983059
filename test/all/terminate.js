// Terminates hundreds of workers at random moments while they use sockets, and counts the descriptors that stay open. TIMES: how often
// as many; default: 1.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

const program = join(import.meta.dirname, '../../build/programs/test/programs/terminated-threads.js')
let failed = false

const works = {
  ...{ waits: 100, pairs: 100, connections: 100, descriptors: 100, promises: 100, reactor: 100 },
  ...{ lookups: 100, names: 100, closing: 100, loading: 100 },
  ...{ http: 60, datagrams: 60, zerocopy: 60, passing: 60, streams: 60, threads: 30, servers: 12 },
}
const times = Number(process.env.TIMES ?? 1)
for (const [work, each] of Object.entries(works)) {
  const rounds = each * times
  const began = performance.now()
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program, work, String(rounds)], {
    encoding: 'utf8',
  })
  const good = status === 0 && stdout === `${rounds} workers were terminated, 0 descriptors are left\n`
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${work}: ${stdout.trim() || `status ${status}, signal ${signal}\n${stderr}`} (${seconds} s)`)
  failed ||= !good
}
process.exitCode = failed ? 1 : 0
