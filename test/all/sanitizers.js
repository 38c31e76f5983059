// The tests on builds with sanitizers, and of the servers in C under valgrind. Each net of test/sanitizers/nets.js must report
// its deliberate faults, and then nothing. A sample by default: SEED chooses the test files; the default changes each day. With
// SANITIZERS=whole all of them run, and a row of docs/reliability/sanitizers.md is written. SANITIZER_FILES names test files
// instead. Arguments name the nets; the default is all.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../../scripts/build.js'
import { root } from '../../scripts/stamp.js'
import { runSuite } from '../../scripts/vitest.js'
import { nets } from '../sanitizers/nets.js'
import { buildWith, copyCheckout } from '../support/instrumented.js'
import { pageTable } from '../support/page-table.js'

const whole = process.env.SANITIZERS === 'whole'
const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 86_400_000))
const only = process.env.SANITIZER_FILES?.split(' ')
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(nets)

const libraryFile = library =>
  spawnSync('g++', [`-print-file-name=${library}`], { encoding: 'utf8' }).stdout?.trim() ?? ''

// Why a net cannot be used here.
function lacking({ library, valgrind }) {
  if (process.platform !== 'linux') return 'the nets are for Linux'
  const tools = ['cmake', 'g++', ...(valgrind ? ['valgrind'] : [])]
  const missing = tools.find(tool => spawnSync(tool, ['--version']).error)
  if (missing !== undefined) return `${missing} is not installed`
  // If the compiler has the library, it prints a path, otherwise only the name.
  if (library && !libraryFile(library).includes('/')) return `g++ is without ${library}`
  return undefined
}

// The addon and the servers of a net; a server that runs under valgrind is a script.
function buildNet(name, { flags, library, valgrind }, reports) {
  const linked = flags.filter(flag => flag.startsWith('-fsanitize')).join(' ')
  const built = buildWith(
    `sanitizers/${name}`,
    ['-O1', '-g', '-fno-omit-frame-pointer', ...flags],
    ['echo', 'http', ...(library ? ['bsd_sockets', 'leaks'] : [])],
    {
      CMAKE_PROJECT_INCLUDE: join(root, 'test/sanitizers/faults.cmake'),
      CMAKE_EXE_LINKER_FLAGS: linked,
      CMAKE_MODULE_LINKER_FLAGS: linked,
    },
  )
  if (valgrind) {
    for (const server of ['echo', 'http']) {
      const script = join(built.folder, server)
      writeFileSync(script, `#!/bin/sh\nexec valgrind ${valgrind(reports).join(' ')} '${built[server]}' "$@"\n`)
      chmodSync(script, 0o755)
      built[server] = script
    }
  }
  return built
}

// A folder of scripts that start other programs without the library: curl never ends with it, and none of them is looked at.
function writeShims() {
  const folder = join(root, 'build/sanitizers/shims')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const program of ['curl', 'logger', 'nc', 'nginx', 'openssl', 'python3', 'telnet']) {
    const file = process.env.PATH.split(':')
      .map(each => join(each, program))
      .find(each => existsSync(each))
    if (file === undefined) continue
    writeFileSync(join(folder, program), `#!/bin/sh\nunset LD_PRELOAD\nexec '${file}' "$@"\n`, { mode: 0o755 })
  }
  return folder
}

// Node keeps pointers where LeakSanitizer does not look, in the heap of V8, so it reports some of Node's memory that is in use. A
// leak counts only if the project's code allocated it, itself or by a library that it calls.
function ownLeaks(report) {
  if (!report.includes('LeakSanitizer: detected memory leaks')) return report
  const own = report.split('\n\n').filter(record => {
    const frames = record.split('\n').filter(line => /^ +#\d/.test(line))
    const first = frames.findIndex(frame => /\/(native|test\/sanitizers)\//.test(frame))
    return first !== -1 && !frames.slice(0, first).some(frame => frame.includes(`(${process.execPath}+`))
  })
  return own.length === 0 ? '' : `LeakSanitizer: detected memory leaks\n${own.join('\n\n')}\nSUMMARY: ${own.length}`
}

// The findings that are written in a folder, and removes them. Other programs that the tests start have the sanitizers too.
function takeFindings(folder) {
  const findings = readdirSync(folder)
    .filter(file => /^report\.(node|echo|http|\d)/.test(file))
    .map(file => ownLeaks(readFileSync(join(folder, file), 'utf8')))
    .filter(text => /runtime error:|SUMMARY: |^==\d+== \S/m.test(text))
  rmSync(folder, { recursive: true })
  mkdirSync(folder)
  return findings
}

// Starts each kind of program with each of the net's faults, and without one. Returns what was not as it must be.
function prove({ library, faults }, built, env, folder) {
  const programs = {
    ...(library && { addon: [process.execPath, '-e', `process.dlopen({ exports: {} }, '${built.addon}')`] }),
    echo: [built.echo, '--help'],
    http: [built.http, '--help'],
  }
  const wrong = []
  for (const [program, [command, ...args]] of Object.entries(programs)) {
    for (const [fault, pattern] of [['none'], ...Object.entries(faults)]) {
      spawnSync(command, args, { env: { ...env, SANITIZER_FAULT: fault } })
      const found = takeFindings(folder)
      const good = pattern === undefined ? found.length === 0 : found.some(text => pattern.test(text))
      if (!good) wrong.push(`${program}, deliberate fault ${fault}: ${found[0] ?? 'is not reported'}`)
    }
  }
  return wrong
}

const seconds = since => Math.round((Date.now() - since) / 1000)

function cast(name, net) {
  console.log(`\n-- ${name}: ${net.title}`)
  const began = Date.now()
  const folder = join(root, `build/sanitizers/reports-${name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const reports = join(folder, 'report')
  const built = buildNet(name, net, reports)
  const building = seconds(began)
  const env = {
    ...process.env,
    ...net.environment(reports),
    SANITIZER_NET: name, // see setup.js
    ...(net.library && { LD_PRELOAD: libraryFile(net.library), LEAKS_ADDON: join(built.folder, 'leaks.node') }),
  }
  if (net.library) env.PATH = `${writeShims()}:${env.PATH}`
  const failures = prove(net, built, env, folder)
  const copy = copyCheckout(`sanitizers/checkout-${name}`, {
    echo: built.echo,
    http: built.http,
    ...(net.library && { 'bsd_sockets.node': built.addon }),
  })

  const sum = { files: 0, passed: 0 }
  for (const { files, pattern, environment } of only ? [{ files: only }] : whole ? net.whole() : net.sample(seed)) {
    const options = ['--root', '.', '--config', 'test/sanitizers/vitest.config.js']
    if (pattern) options.push('--testNamePattern', pattern)
    const suite = runSuite(
      process.execPath,
      [],
      { ...env, ...environment?.(reports) },
      {
        files,
        folder: copy,
        options,
        timeout: whole ? 7_200_000 : 600_000,
      },
    )
    failures.push(...suite.failures)
    for (const line of suite.unsteady) console.log(`unsteady: ${name}: ${line}`)
    sum.files += files.length
    sum.passed += suite.passed
  }
  const programs = net.programs?.[whole ? 'whole' : 'sample'] ?? []
  for (const [file, ...args] of programs) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, 'build/programs', file), ...args], {
      cwd: copy,
      env: { ...env, ...net.programs.environment },
      encoding: 'utf8',
    })
    if (status !== 0) failures.push(`${file} ${args.join(' ')}: status ${status}: ${stdout}${stderr}`)
  }
  const findings = takeFindings(folder)
  failures.push(...findings)
  rmSync(copy, { recursive: true })
  rmSync(folder, { recursive: true })
  const { files, passed } = sum
  const row = [net.title, files, passed, programs.length, findings.length, building, seconds(began) - building]
  return { failures, row: `| ${row.join(' | ')} |` }
}

await build()
const rows = []
const failures = []
let skipped = 0
for (const name of names) {
  const reason = lacking(nets[name])
  if (reason === undefined) {
    const result = cast(name, nets[name])
    rows.push(result.row)
    failures.push(...result.failures.map(line => `${name}: ${line}`))
  } else if (process.env.BSD_SOCKETS_REQUIRE_TOOLS) {
    failures.push(`${name}: ${reason}`)
  } else {
    console.log(`skipped: ${name}: ${reason}`)
    skipped++
  }
}

const head = `| net | test files | tests | programs | findings | build, s | run, s |\n|---|---|---|---|---|---|---|`
console.log(`\n${head}\n${rows.join('\n')}\nseed ${seed}, ${whole ? 'all files' : 'a sample'}`)
for (const line of failures) console.log(`failed: ${line}`)
if (failures.length > 0)
  console.log(`again: ${whole ? 'SANITIZERS=whole ' : `SEED=${seed} `}node test/all/sanitizers.js ${names.join(' ')}`)
if (whole && !only && failures.length === 0) {
  const page = pageTable('docs/reliability/sanitizers.md', 'nets')
  const kept = page
    .written()
    .split('\n')
    .filter(line => line.startsWith('| ') && !head.startsWith(line))
  const other = kept.filter(line => !rows.some(row => row.split(' | ')[0] === line.split(' | ')[0]))
  page.write([head, ...[...other, ...rows].sort()].join('\n'))
}
process.exitCode = failures.length > 0 ? 1 : skipped === names.length ? 77 : 0
