// Fuzzes by libFuzzer: `node test/fuzz/run.js [--seconds N] [--seed N] [--keep] [TARGET...]`, two targets at a time. Begins with
// the inputs of corpus/TARGET.txt, one a line, as a JSON string of which each character is a byte, and with those that people
// have written, TARGET.by-hand.txt. Prints how many inputs were tried. A finding is printed as such a line: add it to the latter;
// every `npm test` reads both. `--keep` writes the smallest set of inputs that reaches the same code back into the former.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../../scripts/build.js'
import { nodeDirectory } from '../../scripts/headers.js'
import { run } from '../../scripts/run.js'
import { digest, root, unless } from '../../scripts/stamp.js'
import { instrument } from './instrument.js'

const ofHttp = ['-max_len=512', `-dict=${join(root, 'test/fuzz/http.dict')}`]
/** How each target is called: with the arguments of libFuzzer behind it. */
const targets = {
  http_head: [[join(root, 'build/fuzz/http_head')], ofHttp],
  http_chunks: [[join(root, 'build/fuzz/http_chunks')], ofHttp],
  sockaddr: [[process.execPath, join(root, 'test/fuzz/javascript.js'), 'sockaddr'], ['-max_len=200']],
  control: [[process.execPath, join(root, 'test/fuzz/javascript.js'), 'control'], ['-max_len=400']],
  netlink: [[process.execPath, join(root, 'test/fuzz/javascript.js'), 'netlink'], ['-max_len=400']],
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, keep: { type: 'boolean' } },
})
const seconds = Number(values.seconds ?? process.env.FUZZ_SECONDS ?? 20)
const seed = Number(values.seed ?? process.env.SEED ?? 1)
const names = positionals.length > 0 ? positionals : Object.keys(targets)

// The first of these versions that is installed.
const clang = ['', '-14', '-15', '-16', '-19'].find(
  version => spawnSync(`clang++${version}`, ['-print-resource-dir']).status === 0,
)
const library =
  clang === undefined
    ? ''
    : join(
        spawnSync(`clang${clang}`, ['-print-resource-dir'], { encoding: 'utf8' }).stdout.trim(),
        `lib/linux/libclang_rt.fuzzer_no_main-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.a`,
      )
if (!existsSync(library)) {
  console.log('skipped: no clang with libFuzzer here')
  process.exit(process.env.BSD_SOCKETS_REQUIRE_TOOLS ? 1 : 77)
}

await build()
const folder = join(root, 'build/fuzz')
mkdirSync(folder, { recursive: true })
const inputs = [
  'native/http',
  'test/fuzz/http_head.c',
  'test/fuzz/http_chunks.c',
  'test/fuzz/check.h',
  'test/fuzz/engine.cc',
]
unless('build/fuzz/.native', digest(inputs, [library]), () => {
  const parser = readdirSync(join(root, 'native/http')).filter(file => file.endsWith('.c'))
  for (const target of ['http_head', 'http_chunks']) {
    const sources = [`test/fuzz/${target}.c`, ...parser.map(file => `native/http/${file}`)]
    const flags = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-D_GNU_SOURCE', '-fno-sanitize-recover=all']
    run(`clang${clang}`, [...flags, '-fsanitize=fuzzer,address,undefined', ...sources, '-o', join(folder, target)])
  }
  const headers = join(nodeDirectory(root), 'include/node')
  const flags = ['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-fPIC', '-shared', `-I${headers}`]
  run(`clang++${clang}`, [...flags, 'test/fuzz/engine.cc', library, '-o', join(folder, 'engine.node')])
})
unless('build/fuzz/.lib', digest(['src', 'scripts/bundle.js', 'test/fuzz/instrument.js']), () => {
  const counters = instrument(join(root, 'lib'), join(folder, 'lib'), 'fuzzCounters')
  writeFileSync(join(folder, 'counters'), String(counters))
})

const corpusFile = name => join(root, `test/fuzz/corpus/${name}.txt`)
const lineOf = bytes => JSON.stringify(bytes.toString('latin1'))
const filesIn = folder => readdirSync(folder).map(file => readFileSync(join(folder, file)))

function unpack(name, into) {
  mkdirSync(into, { recursive: true })
  const files = [corpusFile(name), corpusFile(`${name}.by-hand`)].filter(file => existsSync(file))
  const lines = files.flatMap(file => readFileSync(file, 'utf8').split('\n'))
  lines.filter(Boolean).forEach((line, i) => writeFileSync(join(into, `${i}`), Buffer.from(JSON.parse(line), 'latin1')))
}

function libFuzzer([command, ...first], args) {
  const child = spawn(command, [...first, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', text => (log = (log + text).slice(-100_000)))
  return new Promise(resolve => child.on('close', status => resolve({ status, log })))
}

const work = mkdtempSync(join(tmpdir(), 'fuzz-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

async function fuzz(name) {
  const [command, options] = targets[name]
  const [corpus, found] = [join(work, name), join(work, `${name}-found`)]
  unpack(name, corpus)
  mkdirSync(found)
  const known = readdirSync(corpus).length
  const args = [...options, `-max_total_time=${seconds}`, `-seed=${seed}`, '-timeout=20', '-print_final_stats=1']
  const { status, log } = await libFuzzer(command, [...args, `-artifact_prefix=${found}/`, corpus])
  const [, runs, took] = /^Done (\d+) runs in (\d+) second/m.exec(log) ?? [undefined, '?', '?']
  const [, reached] = /ft: (\d+) corp: \d+\/\S+ .*\n(?![^]*ft: )/.exec(log) ?? [undefined, '?']
  console.log(`${name}: ${runs} inputs in ${took} s, seed ${seed}; ${known} were known, ${reached} features reached`)
  const failing = filesIn(found)
  for (const bytes of failing)
    console.log(`${name}: a finding. Add this line to test/fuzz/corpus/${name}.by-hand.txt:\n${lineOf(bytes)}`)
  if (status !== 0) console.log(log.split('\n').slice(-60).join('\n'))
  if (status !== 0 || failing.length > 0) return false
  if (values.keep) {
    const smallest = join(work, `${name}-smallest`)
    mkdirSync(smallest)
    const merged = await libFuzzer(command, [...options, '-merge=1', smallest, corpus])
    const lines = filesIn(smallest).map(lineOf).sort()
    if (merged.status !== 0 || lines.length === 0) throw new Error(merged.log)
    writeFileSync(corpusFile(name), lines.join('\n') + '\n')
    console.log(`${name}: ${lines.length} inputs kept`)
  }
  return true
}

const outcomes = []
const left = [...names]
await Promise.all(
  Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (let name; (name = left.shift()) !== undefined;) outcomes.push(await fuzz(name))
  }),
)
process.exitCode = outcomes.every(Boolean) ? 0 : 1
