// Packages that depend on a peer of ours, each with that peer and with our drop-in in its place: their own tests, or a program
// over their public API (test/dependents/programs). The outcomes must be those in the table of docs/dependents.md; `--write`
// writes it.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'
import { installProjects, isCompiled, peers } from '../dependents/projects.js'
import { connected, find, withFolder, withServer } from '../support/peers/server.js'

if (process.platform !== 'linux') {
  console.log('skipped: the programs expect the errors of Linux')
  process.exit(77)
}
const write = process.argv.includes('--write')
const patience = 60_000 // milliseconds for one dependent
const programs = join(root, 'test/dependents/programs')

const node = [process.execPath]
// A new user and network namespace, in which the process has all rights, also that to raw sockets. user_namespaces(7)
const inNamespace = ['unshare', '-r', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', '-', ...node]

/** Runs a program in a project. Resolves with its status or signal, and its output. */
function execute(cwd, [command, ...args], env) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      argv0: command === process.execPath ? 'node' : undefined, // winston-syslog expects this title of the process
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patience,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text))
    child.on('error', error => resolve({ status: error.message, output }))
    child.on('close', (status, signal) => resolve({ status: signal ?? status, output }))
  })
}

/** A program of ours. It prints `ok NAME` or `failed NAME: why` for each check. */
async function program(folder, name, env = {}, runtime = node) {
  const { status, output } = await execute(folder, [...runtime, join('programs', `${name}.js`)], env)
  const failures = output.match(/^failed .*/gm) ?? []
  if (status !== 0) failures.push(`failed: it ended with ${status}\n${output}`)
  return { passed: output.match(/^ok .*/gm)?.length ?? 0, failures }
}

/** The tests in a package that vows runs. */
async function vows(folder, name) {
  const own = join(folder, 'node_modules', name)
  const tests = readdirSync(join(own, 'test')).map(file => join('test', file))
  const { output } = await execute(own, [...node, join(folder, 'node_modules/vows/bin/vows'), '--spec', ...tests])
  const count = word => Number(new RegExp(`» .*?(\\d+) ${word}`).exec(output)?.[1] ?? 0)
  const failed = count('broken') + count('errored')
  const failures = Array.from({ length: failed || Number(count('honored') === 0) }, () => output)
  return { passed: count('honored'), failures }
}

/** As `program`, with raw sockets and a loopback interface of its own. */
const withRawSockets = (folder, name) => program(folder, name, {}, inNamespace)

const whyNoNamespace = () => {
  const { status } = spawnSync(inNamespace[0], [...inNamespace.slice(1), '-e', ''])
  return status === 0 ? undefined : 'no network namespace can be made here'
}

const whyNoBus = () => (find('dbus-daemon') === undefined ? 'dbus-daemon is not installed' : undefined)

/** As `program`, with a session bus of its own. */
async function withBus(folder, name) {
  return withFolder(async place => {
    const path = join(place, 'socket')
    const address = `unix:path=${path}`
    const command = [find('dbus-daemon'), '--session', '--nofork', '--nopidfile', `--address=${address}`]
    const ready = async () => (await connected(path)).close()
    return withServer(command, ready, () => program(folder, name, { DBUS_SESSION_BUS_ADDRESS: address }))
  })
}

const ours = 'our program over its API'
const onBus = { what: `${ours}, on a session bus`, run: withBus, lacks: whyNoBus }
const all = [
  { name: 'hot-shots', peer: 'unix-dgram', what: ours, run: program },
  { name: 'winston-syslog', peer: 'unix-dgram', what: 'its own tests', run: vows },
  {
    name: 'net-ping',
    peer: 'raw-socket',
    what: 'its examples, and our program',
    run: withRawSockets,
    lacks: whyNoNamespace,
  },
  { name: 'dbus-next', peer: 'usocket', ...onBus },
  { name: 'dbus-native', ...onBus }, // it takes a stream, for example one of ours
]
const dependents = all.filter(
  ({ name, peer, run }) =>
    (peer === undefined || peers.includes(peer)) && (run === vows || existsSync(join(programs, `${name}.js`))),
)

const page = join(root, 'docs/dependents.md')
const region = /(?<=<!-- dependents -->\n)[^]*(?=<!-- \/dependents -->)/
const columns = { peer: 'with the peer', 'drop-in': 'with the drop-in' }
const cell = ({ passed, failures }) => `${passed} passed, ${failures.length} failed`
const line = cells => `| ${cells.join(' | ')} |`

const versions = JSON.parse(readFileSync(join(root, 'test/dependents/package.json'), 'utf8')).dependencies
const head = ({ name, peer = 'none', what }) => [`${name} ${versions[name]}`, peer, what]

const sum = { passed: 0, failed: 0, skipped: 0 }
function skip(what, why) {
  console.log(`${what}: skipped: ${why}`)
  sum[process.env.BSD_SOCKETS_REQUIRE_TOOLS === '1' ? 'failed' : 'skipped']++
}

const results = new Map(dependents.map(dependent => [dependent, {}]))
const projects = installProjects()
for (const [column, { folder, missing }] of Object.entries(projects)) {
  if (missing !== undefined) {
    skip(columns[column], missing)
    continue
  }
  rmSync(join(folder, 'programs'), { recursive: true, force: true })
  mkdirSync(join(folder, 'programs'))
  cpSync(programs, join(folder, 'programs'), { recursive: true })
  for (const dependent of dependents) {
    const { name, peer, run, lacks } = dependent
    if (peer === undefined && column === 'peer') {
      results.get(dependent)[column] = '–'
      continue
    }
    const title = `${name} ${columns[column]}`
    const uncompiled = column === 'peer' && !isCompiled(folder, peer)
    const lacking = uncompiled ? `${peer} does not compile on this Node` : lacks?.()
    if (lacking !== undefined) {
      skip(title, lacking)
      continue
    }
    const result = await run(folder, name)
    results.get(dependent)[column] = cell(result)
    console.log(`${title}: ${cell(result)}`)
    for (const failure of result.failures) console.log(failure)
    sum.passed += result.passed
    if (column === 'drop-in') sum.failed += result.failures.length // a peer's failures are in the table
  }
}
// The tests of winston-syslog leave their socket there.
rmSync(join(tmpdir(), 'unix_dgram.sock'), { force: true })

const text = readFileSync(page, 'utf8')
// What did not run here keeps the cell that it has. So does a peer, which may end its process now and then: that is told.
const cellsOf = line => line.slice(2, -2).split(' | ')
const told = new Map(
  region
    .exec(text)[0]
    .trim()
    .split('\n')
    .map(cellsOf)
    .map(cells => [cells[0], cells.slice(3)]),
)
const row = ([dependent, outcomes]) => {
  const cells = head(dependent)
  const last = Object.keys(columns).map((column, i) => {
    const before = told.get(cells[0])?.[i]
    if (write || column !== 'peer' || before === undefined) return outcomes[column] ?? before ?? 'not run'
    if (outcomes.peer !== undefined && outcomes.peer !== before)
      console.log(`${cells[0]} with the peer: ${outcomes.peer}, in docs/dependents.md ${before}`)
    return before
  })
  return [...cells, ...last]
}
const heads = ['dependent', 'peer', 'what runs', ...Object.values(columns)]
const table = [heads, heads.map(() => '---'), ...[...results].map(row)].map(line).join('\n')
const wanted = text.replace(region, () => `\n${table}\n\n`)
if (write) {
  writeFileSync(page, wanted)
} else if (wanted !== text) {
  console.log('failed: docs/dependents.md has other outcomes: node test/all/dependents.js --write')
  sum.failed++
}
if (process.env.SUM_FILE) writeFileSync(process.env.SUM_FILE, JSON.stringify(sum))
process.exitCode = sum.failed > 0 ? 1 : 0
