// Tests against slower code: counts the instructions of a call by valgrind(1) instead of timing it. Instructions of this
// library, Node and libc count, those of the kernel do not.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

// Counted on Node 20, x64. A tenth more fails.
const counted = {
  'syscalls: getsockopt': 1221,
  'syscalls: recv, EAGAIN': 834,
  'syscalls: send + recv': 1636,
  'Socket: send + recvInto': 2026,
  'promises: send + recvInto': 4726,
  'promises: a wait, { signal }': 11087,
  'promises: a wait, { timeout }': 11271,
  'promises: a wait, { signal, timeout }': 11245,
  'promises: a wait': 10881,
  'promises: send + messages()': 7134,
  'reactor: a message there and back': 13823,
  'promises: a message there and back': 18327,
  'http: a request': 22232,
  'http: a request, by fetch': 32567,
}

// How much more than a wait without options these may cost: a twentieth, and both together a little more (5.1 % when counted).
const hardlyMore = {
  'promises: a wait, { signal }': 1.05,
  'promises: a wait, { timeout }': 1.05,
  'promises: a wait, { signal, timeout }': 1.07,
}

const skipped = reason => {
  console.log(`skipped: ${reason}`)
  process.exit(77)
}
if (process.platform !== 'linux' || process.arch !== 'x64') skipped('the figures are those of Linux on x64')
if (!process.versions.node.startsWith('20.')) skipped(`the figures are those of Node 20, not ${process.versions.node}`)
if (spawnSync('valgrind', ['--version']).status !== 0) {
  if (process.env.BSD_SOCKETS_REQUIRE_TOOLS === '1') throw new Error('valgrind is not installed')
  skipped('valgrind is not installed')
}

const folder = mkdtempSync(join(tmpdir(), 'instructions-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

// The program marks the parts to count by calls of umask(2): valgrind writes a file of counts at each, and the second, the
// fourth and so on are used. With one thread and these seeds two runs give the same figures.
const out = join(folder, 'out')
const valgrind = ['--tool=callgrind', `--callgrind-out-file=${out}`, '--dump-before=umask', '--smc-check=all-non-file']
const program = [
  process.execPath,
  '--single-threaded',
  '--hash-seed=1',
  '--random-seed=1',
  '--predictable-gc-schedule',
  join(root, 'build/programs/test/programs/instructions.js'),
]
const { status, stdout, stderr } = spawnSync('valgrind', [...valgrind, ...program], { encoding: 'utf8' })
if (status !== 0) throw new Error(`valgrind: status ${status}: ${stderr}`)

const { counted: calls, kinds } = JSON.parse(stdout)
const totalOf = i => /^(?:summary|totals): (\d+)$/m.exec(readFileSync(`${out}.${2 * i + 2}`, 'latin1'))[1]
const each = {} // the least of each kind
for (const [i, kind] of kinds.entries()) each[kind] = Math.min(each[kind] ?? Infinity, Math.round(totalOf(i) / calls))

let failed = 0
for (const kind of new Set(kinds)) {
  const most = Math.round(Math.min(counted[kind] * 1.1, (hardlyMore[kind] ?? Infinity) * each['promises: a wait']))
  console.log(`${kind}: ${each[kind]} instructions, ${most} at most`)
  if (!(each[kind] <= most)) failed++
}
process.exitCode = failed > 0 ? 1 : 0
