// `npm start` is the first command in a fresh clone: it shows the tour, and is never silent for long before it. Then
// `npm run build` builds the rest. The time of each is printed, but cannot fail the test.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../scripts/stamp.js'

const SILENCE = 10_000 // milliseconds: twice the documented time, since the machine may be busy

const clone = mkdtempSync(join(tmpdir(), 'bsd-sockets-start-'))
process.on('exit', () => rmSync(clone, { recursive: true, force: true }))
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
for (const file of files) if (file && existsSync(join(root, file))) cpSync(join(root, file), join(clone, file))

// Without the variables in which npm describes this repository to its scripts.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$)/.test(name)))

let failed = false
function expect(truth, message) {
  if (truth) return
  console.log(`failed: ${message}`)
  failed = true
}

/** Runs npm, and returns what it printed. */
async function npm(...args) {
  const start = Date.now()
  const child = spawn('npm', args, { cwd: clone, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = []
  let [last, longest] = [start, 0]
  for await (const line of createInterface({ input: child.stdout })) {
    const now = Date.now()
    longest = Math.max(longest, now - last)
    last = now
    lines.push(line)
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  const seconds = milliseconds => (milliseconds / 1000).toFixed(1)
  const command = `npm ${args.join(' ')}`
  console.log(`${command}: ${seconds(Date.now() - start)} s, of them ${seconds(longest)} s at most without a line`)
  expect(child.exitCode === 0, `${command}: status ${child.exitCode ?? child.signalCode}\n${lines.join('\n')}`)
  expect(longest <= SILENCE, `${command}: silent for ${seconds(longest)} s`)
  return lines.join('\n')
}

const tour = await npm('start')
expect(/server\.bind\(\['127\.0\.0\.1', 0\]\) +bind\(/.test(tour), `no tour:\n${tour}`)
await npm('run', 'build')
expect(existsSync(join(clone, 'build/programs/examples/echo-server.js')), 'the examples are not built')

process.exitCode = failed ? 1 : 0
