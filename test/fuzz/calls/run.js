// Makes calls to every function and every method of every floor with any values, in a process of its own:
// `node test/fuzz/calls/run.js [SEED [CALLS [FIRST]]]`. Prints how many calls there were, and of each finding the fewest calls
// that still show it, as a program. Status 1 if there is one.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { leftOut, names, textOf } from './calls.js'

const [seed = 1, calls = 10_000, first = 0] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Runs play.js. If the process dies, the call that it died in is what is wrong. */
function played(...args) {
  const at = join(folder, 'at')
  writeFileSync(at, '0')
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'play.js'), ...args],
    {
      cwd: folder, // where sockets are bound to any path
      encoding: 'utf8',
      env: { ...process.env, FUZZ_AT: at },
      maxBuffer: 2 ** 28,
    },
  )
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1))
  } catch {
    const count = Number(readFileSync(at, 'utf8'))
    const how = signal === 'SIGKILL' ? 'blocked the thread for half a minute' : `ended the process, ${status ?? signal}`
    return {
      calls: count,
      thrown: 0,
      reached: 0,
      missed: [],
      wrong: [{ count, what: `${how}: ${stderr.slice(-3000)}` }],
    }
  }
}

const kindOf = what => what.split('\n', 1)[0].replaceAll(/\d+/g, 'N').slice(0, 60)

/** Whether these calls, alone, show that finding. */
function shows(texts, kind) {
  const list = join(folder, 'list.json')
  writeFileSync(list, JSON.stringify(texts))
  return played(list).wrong.some(({ what }) => kindOf(what) === kind)
}

/** The fewest of the calls up to this one that show the finding; undefined if they do not, in a process of their own. */
function smallest({ count, what }) {
  const kind = kindOf(what)
  const text = i => textOf(seed, i)[1]
  if (shows([text(count)], kind)) return [text(count)]
  let texts
  for (const before of [99, 999]) {
    texts = Array.from({ length: Math.min(before, count) + 1 }, (_, i) => text(count - Math.min(before, count) + i))
    if (shows(texts, kind)) break
    texts = undefined
  }
  for (let size = Math.ceil((texts?.length ?? 0) / 2); texts !== undefined && size >= 1;) {
    let made = false
    for (let at = 0; at < texts.length; at += size) {
      const fewer = texts.toSpliced(at, size)
      if (fewer.length === 0 || !shows(fewer, kind)) continue
      texts = fewer
      made = true
      at -= size
    }
    if (size === 1 && !made) break
    size = Math.max(1, Math.floor(size / 2))
  }
  return texts
}

const program = texts => `import { begin, play } from './test/fuzz/calls/world.js' // in the folder of the repository
await begin()
for (const call of ${JSON.stringify(texts, null, 2)}) console.log(await play(call))
process.exit()`

const began = performance.now()
const outcome = played(String(seed), String(calls), String(first))
const seconds = Math.round((performance.now() - began) / 1000)
console.log(
  `${outcome.calls} calls in ${seconds} s, seed ${seed}: ${outcome.thrown} threw, ${outcome.wrong.length} findings`,
)
console.log(`${outcome.reached} of ${names.length} functions and methods reached; ${leftOut} left out by name`)
const missed = calls >= names.length ? outcome.missed : []
for (const name of missed) console.log(`not reached: ${name}`)
const kinds = new Set()
for (const finding of outcome.wrong) {
  const kind = kindOf(finding.what)
  if (kinds.has(kind) || kinds.size === 5) continue
  kinds.add(kind)
  console.log(`\nfinding at call ${finding.count}: ${finding.what}`)
  const texts = smallest(finding)
  if (texts === undefined)
    console.log(
      `not again in a process of its own: node test/fuzz/calls/run.js ${seed} 1000 ${Math.max(0, finding.count - 999)}`,
    )
  else console.log(program(texts))
}
process.exitCode = outcome.wrong.length > 0 || missed.length > 0 ? 1 : 0
process.exit()
