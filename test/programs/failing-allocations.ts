// Runs test/programs/allocations.ts once for each allocation of the addon, or each EVERYth, and makes that one fail:
// `node failing-allocations.js LIBRARY [EVERY]`. Prints the number of allocations and what went wrong, as JSON.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [library = '', every = '1'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'allocations-'))
const counted = join(folder, 'count')
const program = join(import.meta.dirname, 'allocations.js')

/** The result of each step while allocation `number` fails; 0: none fails. */
function run(loop: string, number: number): { lines: string[]; ending: string } {
  const env = { ...process.env, LD_PRELOAD: library, ALLOCATIONS: counted, FAIL_ALLOCATION: String(number) }
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...env, BSD_SOCKETS_LOOP: loop },
  })
  const ending = status === 0 && stderr === '' ? '' : `status ${status}, signal ${signal}: ${stderr.slice(0, 500)}`
  return { lines: stdout.trim().split('\n'), ending }
}

const wrong: string[] = []
let positions = 0
let failures = 0
// The event loop with libuv and with a thread: each allocates differently.
for (const loop of ['', 'thread']) {
  const whole = run(loop, 0)
  const total = Number(readFileSync(counted).readBigInt64LE())
  positions += total
  if (whole.ending !== '' || !whole.lines.every(line => line.endsWith(': done')))
    wrong.push(`without a failure: ${whole.ending} ${whole.lines.join(', ')}`)
  for (let number = 1; number <= total; number += Number(every)) {
    const { lines, ending } = run(loop, number)
    const failed = lines.filter(line => !line.endsWith(': done'))
    failures += failed.length
    const strange = failed.filter(line => !/: (ERR_MEMORY_ALLOCATION_FAILED|ENOMEM|EAI_MEMORY)$/.test(line))
    if (ending !== '' || strange.length > 0)
      wrong.push(`${loop} ${number} of ${total}: ${ending} ${strange.join(', ')}`)
  }
}
rmSync(folder, { recursive: true })
console.log(JSON.stringify({ positions, failures, wrong }))
