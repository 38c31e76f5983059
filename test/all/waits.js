// The heap that a wait with a signal or a timeout takes, compared with a wait without: no more than a few percent.
// test/all/instructions.js counts instructions.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

if (!process.version.startsWith('v20.')) {
  console.log('skipped: the figures are those of Node 20')
  process.exit(77)
}
const most = 1.05 // the deadline of a wait is a number on the heap: about 2 %
const program = join(root, 'build/programs/test/programs/waits.js')
const flags = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64']
const { none, ...taken } = JSON.parse(execFileSync(process.execPath, [...flags, program], { encoding: 'utf8' }))
console.log(`a wait: ${none.toFixed(1)} bytes`)
const few = !(none > 100) // it counted nothing
if (few) console.log('failed: that is less than a promise')
for (const [kind, bytes] of Object.entries(taken)) {
  const good = bytes < none * most
  console.log(`${good ? 'passed' : 'failed'}: with ${kind}: ${bytes.toFixed(1)} bytes, at most ${most} times`)
  if (!good || few) process.exitCode = 1
}
