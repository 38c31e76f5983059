// Makes each system call of each program fail with each errno that its man page names, one after another, and judges what
// the program does. `node test/faults/matrix.js --help`
import { spawn, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/stamp.js'
import { errnos } from './errnos.js'
import { writePage } from './page.js'
import { compile, numberOf, Plan } from './preload.js'
import { programs } from './programs.js'

const usage = `usage: node test/faults/matrix.js [OPTION]...
  --cells N       so many, chosen by the seed; default: all
  --seed N        default: the day
  --seconds N     stop after so long, with the cells that were done
  --only REGEXP   cells whose whole line matches; may be given several times: PROGRAM: PHASE CALL OCCURRENCE ERRNO
  --jobs N        programs at a time; default: 2
  --write         write the table to docs/reliability/faults.md
  --quiet         print the wrong cells and the counts only`

const { values: given } = parseArgs({
  options: {
    cells: { type: 'string' },
    seed: { type: 'string', default: process.env.SEED ?? `${Math.floor(Date.now() / 86_400_000)}` },
    seconds: { type: 'string' },
    only: { type: 'string', multiple: true },
    jobs: { type: 'string', default: '2' },
    write: { type: 'boolean' },
    quiet: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

// Milliseconds. A machine that does much else is slow.
const limits = { start: 30_000, talk: 8000, end: 15_000, settle: 4000 }

/** Outcomes of cells; all others are wrong, and are texts that say why. */
const [UNHARMED, LOST, REPORTED, MISSED] = ['✓', 'c', 'e', '']

// xorshift, by Marsaglia, as in faults.c
function generator(seed) {
  let state = seed >>> 0 || 1
  return below => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Echo servers, for the conversations and commands. */
async function startPeers(folder) {
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(root, 'packages')))
    cpSync(join(root, 'packages', name), join(folder, 'node_modules', name), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/bsd-sockets'))
  const clients = new Set()
  const echo = async (...where) => {
    const server = createServer({ allowHalfOpen: true }, client => {
      clients.add(client)
      client.on('error', () => undefined).on('close', () => clients.delete(client))
      client.pipe(client)
    })
    server.listen(...where)
    await once(server, 'listening')
    return server
  }
  const unix = join(folder, 'echo')
  const servers = [await echo(0, '127.0.0.1'), await echo(unix)]
  const datagrams = createSocket('udp4')
  datagrams.on('message', (bytes, { port, address }) => datagrams.send(bytes, port, address))
  datagrams.bind(0, '127.0.0.1')
  await once(datagrams, 'listening')
  const peers = { tcp: servers[0].address().port, unix, udp: datagrams.address().port, folder }
  const close = () => {
    for (const server of servers) server.close()
    for (const client of clients) client.destroy()
    datagrams.close()
  }
  return { peers, close }
}

// Which calls of a program are the object's alone, so that strace(1) can make them fail: those that it counts as often as the
// library. The others are also Node's or the C library's.
const log = (folder, program) => join(folder, `strace-${programs.indexOf(program)}`)
// -D: the program is the child, and the tracer is not.
const strace = (file, ...args) => ['strace', '-D', '-f', '-qq', '--seccomp-bpf', '-o', file, ...args, '--']
const traceable = calls => `trace=${calls.map(call => `?${call}`).join(',')}`
let tracing
function canTrace() {
  if (tracing !== undefined) return tracing
  try {
    execFileSync('strace', ['-qq', '-f', '--seccomp-bpf', '-e', 'trace=bind', 'true'], { stdio: 'ignore' })
    tracing = true
  } catch {
    console.log('strace cannot trace here: the library makes all calls fail')
    tracing = false
  }
  return tracing
}

function ownCalls(file, counts) {
  const traced = {}
  for (const [, call] of readFileSync(file, 'latin1').matchAll(/^\d+ +(\w+)\(/gm))
    traced[call] = (traced[call] ?? 0) + 1
  return new Set(Object.keys(counts).filter(call => counts[call] === traced[call]))
}

const proc = (pid, name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')

/** The CPU time of a process in milliseconds. proc_pid_stat(5) */
const cpuTime = pid => {
  const fields = proc(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Which sockets a process has. */
function socketsOf(pid) {
  const open = new Set()
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const what = readlinkSync(`/proc/${pid}/fd/${fd}`)
      if (what.startsWith('socket:')) open.add(what)
    } catch {
      // It was closed meanwhile.
    }
  }
  return open
}

const timedOut = Symbol('timed out')
function within(promise, ms) {
  let timer
  const late = new Promise(resolve => (timer = setTimeout(resolve, ms, timedOut)))
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** A program, run once. `prefix` is a tracer with its arguments. */
class Run {
  stdout = ''
  stderr = ''
  ending
  #changed = () => undefined

  constructor(program, env, prefix = []) {
    const [command, ...args] = [...prefix, ...program.command]
    this.child = spawn(command, args, { env: { ...process.env, UV_USE_IO_URING: '0', ...env } })
    this.child.stdin.on('error', () => undefined)
    for (const name of ['stdout', 'stderr'])
      this.child[name].setEncoding('utf8').on('data', text => ((this[name] += text), this.#changed()))
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.ending = { code, signal }
      this.#changed()
    })
  }

  get pid() {
    return this.child.pid
  }

  /** Waits until `look` returns something; undefined when the program ends before, or the time is over. */
  async until(look, ms) {
    const end = Date.now() + ms
    for (;;) {
      const found = look()
      if (found) return found
      if (this.ending !== undefined || Date.now() >= end) return undefined
      const changed = new Promise(resolve => (this.#changed = resolve))
      await within(changed, end - Date.now())
    }
  }

  kill() {
    if (this.ending === undefined) this.child.kill('SIGKILL')
    return this.ended
  }
}

const payload = randomBytes(48 * 1024)
const talks = {
  echo: { sent: payload, received: payload },
  http: {
    sent: Buffer.concat([
      Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\n`),
      Buffer.from(`Connection: close\r\nContent-Length: ${payload.length}\r\n\r\n`),
      payload,
    ]),
  },
}

// The answers of http without what varies: the time, and whether a server that stops says so.
const answersOf = bytes => Buffer.from(bytes.toString('latin1').replace(/\r\n(Date|Connection): [^\r]*/g, ''), 'latin1')

/** A client: 'right', 'lost' with a part of the right bytes, or what is wrong. */
async function client(port, talk, expected) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const chunks = []
  socket.on('data', chunk => chunks.push(chunk)).on('error', () => undefined)
  socket.end(talk.sent)
  const closed = new Promise(resolve => socket.once('end', resolve).once('close', resolve))
  const ended = await within(closed, limits.talk)
  socket.destroy()
  const received = Buffer.concat(chunks)
  if (expected === undefined) return received
  const given = talk.received === undefined ? answersOf(received) : received
  if (given.equals(expected)) return 'right'
  if (ended === timedOut) return `a client hangs after ${received.length} bytes`
  // An error may be answered by http itself.
  const whole = given.subarray(0, expected.length).equals(expected.subarray(0, given.length))
  const refused = talk.received === undefined && /HTTP\/1.1 (4|5)\d\d /.test(given.toString('latin1'))
  return whole || refused ? 'lost' : 'wrong bytes'
}

const silent = new Set(['EAGAIN', 'EINTR'])
const inAndOut = /^(accept|recv|send|read|write|splice)/
const textOf = new Map(
  execFileSync(
    'python3',
    ['-c', 'import errno,os\nfor n,s in errno.errorcode.items(): print(s, os.strerror(n), sep="\t")'],
    { encoding: 'utf8' },
  )
    .trim()
    .split('\n')
    .map(line => line.split('\t')),
)

textOf.set('EOPNOTSUPP', 'ENOTSUP').set('ENOTSUP', 'Operation not supported') // one number on Linux. errno(3)

/** Whether a text names the errno and the call. */
function names(text, { call, errno }) {
  const texts = [errno, textOf.get(errno), `errno ${numberOf(errno)}`]
  if (errno === 'EOPNOTSUPP') texts.push('Operation not supported')
  if (!texts.some(each => text.includes(each ?? errno))) return false
  return [call, ...errnos[call].also].some(name => text.includes(name)) || text.includes(call.replace(/\d$/, ''))
}

/** Judges a program that has ended, where it could. */
function endOf(run, fault) {
  const { code, signal } = run.ending
  const last = run.stderr.trim().split('\n').slice(-12).join(' / ')
  // It was about to end, and had said why, when it was asked to stop; or the handler of this signal could not write, and says so.
  const said = names(run.stderr, fault) || (fault.phase === 'stop' && run.stderr.includes('write'))
  if (signal === 'SIGTERM' && fault.phase !== 'talk' && said) return REPORTED
  if (signal !== null) return `ended by ${signal}: ${last}`
  // Node prints its version below an uncaught exception.
  if ((fault.program.stacks ? /^Node\.js v/m : /^\s+at .*:\d+:\d+\)?( \{)?$/m).test(run.stderr))
    return `an uncaught exception: ${last}`
  if (code === 0) return UNHARMED
  if (!names(run.stderr, fault)) return `status ${code} without the errno: ${last}`
  return mustPass(fault) ? `status ${code} for ${fault.errno}: ${last}` : REPORTED
}

// A signal and a call that would wait are no errors.
const mustPass = ({ call, errno }) => errno === 'EINTR' || (silent.has(errno) && inAndOut.test(call))

// The client stays in the queue, or its successors do. accept(2)
const listenerGoesOn = new Set(
  'EAGAIN ECONNABORTED EHOSTDOWN EHOSTUNREACH EINTR EMFILE ENETDOWN ENETUNREACH ENFILE ENOBUFS ENOMEM ENONET ENOPROTOOPT EPERM EPROTO'.split(
    ' ',
  ),
)

// Calls for one client.
const mayLose = call => /^(recv|send|read|write|shutdown)/.test(call)

// What the caller of these did wrong can be said of no client: the server ends with a message.
const ends = new Set('EBADF EEXIST EFAULT EINVAL ELOOP ENOENT ENOTSOCK EOPNOTSUPP EPERM'.split(' '))

/** A server that goes on as long as it can. */
class Server {
  constructor(program, folder, library) {
    this.program = program
    this.plan = new Plan(library, join(folder, `plan-${programs.indexOf(program)}`), program.object)
    this.talk = talks[program.talk]
    this.log = log(folder, program)
  }

  async start(env = this.plan.env, prefix = []) {
    this.run = new Run(this.program, env, prefix)
    const listening = await this.run.until(() => /^listening on .*:(\d+)\n/m.exec(this.run.stdout), limits.start)
    this.port = Number(listening?.[1])
    return listening !== undefined
  }

  // Warms up and learns what is right, and which calls there are.
  async begin() {
    if (!(await this.start())) throw new Error(`it does not start: ${this.run.stderr}`)
    await sleep(50) // it says where it listens before it waits
    const starting = this.plan.counts()
    const first = await client(this.port, this.talk)
    this.expected = this.talk.received ?? answersOf(first)
    if (first.length < payload.length) throw new Error(`no answer: ${first}`)
    await this.both()
    this.plan.disarm()
    if ((await this.both()) !== 'right') throw new Error('a client is lost without a fault')
    const talking = this.plan.counts()
    await this.rested()
    this.plan.disarm()
    const status = await this.stop()
    if (status !== UNHARMED) throw new Error(`a stop without a fault: ${status}`)
    const stopping = this.plan.counts()
    this.starting = starting
    return { start: starting, talk: talking, stop: stopping }
  }

  // Which calls of the start strace(1) can make fail.
  async #traced() {
    if (!canTrace()) return new Set()
    this.plan.disarm()
    if (!(await this.start({}, strace(this.log, '-e', traceable(Object.keys(this.starting))))))
      throw new Error(`it does not start under strace: ${this.run.stderr}`)
    await sleep(50)
    await this.leave()
    return ownCalls(this.log, this.starting)
  }

  // Two clients, one after the other.
  async both() {
    const outcomes = []
    for (let i = 0; i < 2; i++) outcomes.push(await client(this.port, this.talk, this.expected))
    return (
      outcomes.find(outcome => !['right', 'lost'].includes(outcome)) ?? (outcomes.includes('lost') ? 'lost' : 'right')
    )
  }

  // Waits until only the sockets of the server itself are left. Returns whether that is so.
  async rested() {
    const end = Date.now() + limits.settle
    const base = (this.base ??= undefined)
    for (let before = -1; Date.now() < end; await sleep(5)) {
      const { size } = socketsOf(this.run.pid)
      if (base === undefined ? size === before : size <= base) return true
      if (base === undefined) await sleep(50)
      before = size
    }
    return base === undefined
  }

  async stop() {
    this.run.child.kill('SIGTERM')
    if ((await within(this.run.ended, limits.end)) === timedOut) {
      await this.run.kill()
      return 'it hangs at its stop'
    }
    return this.run.ending.code === 0 ? UNHARMED : `${JSON.stringify(this.run.ending)} ${this.run.stderr}`
  }

  async fresh() {
    if (this.run?.ending === undefined && this.run !== undefined) return
    this.plan.disarm()
    if (!(await this.start())) throw new Error(`it does not start: ${this.run.stderr}`)
    await this.both()
    this.base = undefined
    await this.rested()
    this.base = socketsOf(this.run.pid).size
    this.cpu = { at: Date.now(), time: cpuTime(this.run.pid) }
  }

  async cell(fault, again = false) {
    if (fault.phase !== 'talk') return this.once(fault)
    await this.fresh()
    const { plan, run } = this
    plan.arm(fault.call, fault.occurrence, fault.errno)
    let outcome = await this.both()
    if (run.ending === undefined && !plan.failed) outcome = await this.both()
    const hit = plan.failed
    plan.disarm()
    // A client may learn of its end first.
    if (outcome === 'lost') await within(run.ended, ends.has(fault.errno) && !mayLose(fault.call) ? 3000 : 50)
    if (run.ending !== undefined) return this.ended(fault)
    if (!['right', 'lost'].includes(outcome)) {
      await run.kill()
      return outcome
    }
    const next = await client(this.port, this.talk, this.expected)
    if (next !== 'right') {
      if (hit) await within(run.ended, 3000)
      if (run.ending !== undefined && hit) return this.ended(fault) // the call was its last wait
      await run.kill()
      return `the next client: ${next}`
    }
    if (!(await this.rested())) {
      if (!again) return this.#repeated(fault)
      const left = socketsOf(run.pid).size - this.base
      await run.kill()
      return `${left} sockets are left`
    }
    if (!hit) return MISSED
    if (outcome === 'right') return UNHARMED
    if (mustPass(fault)) return `a client is lost for ${fault.errno}`
    if (fault.call.startsWith('accept') && listenerGoesOn.has(fault.errno)) return `a client is lost for ${fault.errno}`
    return LOST
  }

  // What a process makes once, and keeps, is no leak: what is left again is one.
  #repeated(fault) {
    this.base = socketsOf(this.run.pid).size
    return this.cell(fault, true)
  }

  // It has ended for a fault: rightly, if the call says that its own argument is wrong, and no client's.
  ended(fault) {
    const end = endOf(this.run, fault)
    if (end === UNHARMED) return `ended with status 0 after ${fault.errno}`
    if (end === REPORTED && (!ends.has(fault.errno) || mayLose(fault.call)))
      return `ended for ${fault.errno}: ${this.run.stderr.trim()}`
    return end
  }

  // A call of the start or of the stop: the server runs for one fault.
  async once(fault) {
    await this.leave()
    const { plan } = this
    if (fault.phase === 'start') this.own ??= await this.#traced()
    // strace(1) counts for each thread: a thread of a client has the same call as its first.
    const byStrace = fault.phase === 'start' && this.own.has(fault.call) && !mayLose(fault.call)
    const { call, errno, occurrence } = fault
    const failed = () => (byStrace ? readFileSync(this.log, 'latin1').includes('(INJECTED)') : plan.failed)
    if (fault.phase === 'start' && !byStrace) plan.arm(call, occurrence, errno)
    else plan.disarm()
    const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${errno}:when=${occurrence}`]
    const listening = await this.start(...(byStrace ? [{}, strace(this.log, ...inject)] : []))
    fault.by = byStrace ? 'strace' : 'library'
    if (this.run.ending !== undefined) return failed() ? endOf(this.run, fault) : `ended: ${this.run.stderr}`
    if (!listening) {
      await this.run.kill()
      return 'it hangs at its start'
    }
    if (fault.phase === 'stop') {
      await this.both()
      await sleep(20)
      plan.arm(fault.call, fault.occurrence, fault.errno)
    } else {
      const outcome = await this.both()
      if (outcome === 'lost') await within(this.run.ended, 3000) // it says where it listens before it begins to wait
      if (this.run.ending !== undefined) return endOf(this.run, fault)
      if (outcome !== 'right') {
        await this.run.kill()
        return outcome === 'lost' ? 'clients are lost after a fault at the start' : outcome
      }
    }
    const hit = failed()
    const stopped = await this.stop()
    if (fault.phase === 'start' && !hit) return MISSED
    if (fault.phase === 'stop' && !plan.failed) return MISSED
    return this.run.ending.signal === 'SIGKILL' ? stopped : endOf(this.run, fault)
  }

  /** What it does when many calls do a part only. */
  async parts() {
    await this.fresh()
    const outcome = await this.both()
    return outcome === 'right' ? UNHARMED : `with parts: ${outcome}`
  }

  /** Whether it uses the processor while nothing happens. */
  async spins() {
    if (this.run === undefined || this.run.ending !== undefined) return false
    for (let i = 0; i < 3; i++) {
      const [time, at] = [cpuTime(this.run.pid), Date.now()]
      await sleep(150)
      if (this.run.ending !== undefined || cpuTime(this.run.pid) - time < 0.2 * (Date.now() - at)) return false
    }
    return true
  }

  async leave() {
    const { run } = this
    this.run = undefined
    await run?.kill()
  }
}

/** A program that holds a conversation for each line of its input. */
class Conversation {
  constructor(program, folder, library, peers) {
    this.program = program
    this.plan = new Plan(library, join(folder, `plan-${programs.indexOf(program)}`), program.object)
    this.env = { ...this.plan.env, PEERS: JSON.stringify(peers) }
    this.heard = 0
  }

  async fresh() {
    if (this.run !== undefined && this.run.ending === undefined) return
    this.plan.disarm()
    this.run = new Run(this.program, this.env)
    if (!(await this.run.until(() => this.run.stdout.includes('ready\n'), limits.start)))
      throw new Error(`it does not start: ${this.run.stderr}`)
    this.heard = 1
    for (let i = 0; i < 2; i++) {
      const answer = await this.talk()
      if (answer?.message !== undefined) throw new Error(`without a fault: ${JSON.stringify(answer)}`)
    }
    await sleep(20)
    this.base = socketsOf(this.run.pid).size
  }

  async talk() {
    this.run.child.stdin.write('go\n')
    const line = await this.run.until(() => this.run.stdout.split('\n').slice(this.heard, -1)[0], limits.talk)
    if (line === undefined) return undefined
    this.heard++
    return JSON.parse(line)
  }

  async begin() {
    await this.fresh()
    this.plan.disarm()
    await this.talk()
    return { talk: this.plan.counts() }
  }

  async cell(fault, again = false) {
    await this.fresh()
    const { plan, run } = this
    plan.arm(fault.call, fault.occurrence, fault.errno)
    const answer = await this.talk()
    const hit = plan.failed
    plan.disarm()
    if (run.ending !== undefined) {
      return `it has ended: ${JSON.stringify(run.ending)} ${run.stderr.trim().slice(-600)}`
    }
    if (answer === undefined) {
      await run.kill()
      return 'it hangs'
    }
    const wrong = this.judge(answer, fault)
    if (wrong !== UNHARMED && wrong !== REPORTED && wrong !== LOST) {
      await run.kill()
      return wrong
    }
    const next = await this.talk()
    if (next === undefined || next.message !== undefined || next.lost) {
      await run.kill()
      return `the next conversation: ${JSON.stringify(next)}`
    }
    for (const end = Date.now() + limits.settle; socketsOf(run.pid).size > this.base; await sleep(5)) {
      if (Date.now() < end) continue
      const left = socketsOf(run.pid).size - this.base
      if (!again) {
        this.base += left // what a process makes once is no leak
        return this.cell(fault, true)
      }
      await run.kill()
      return `${left} sockets are left`
    }
    return hit ? wrong : MISSED
  }

  async parts() {
    await this.fresh()
    const answer = await this.talk()
    const right = answer !== undefined && answer.message === undefined && answer.lost !== true
    return right ? UNHARMED : `with parts: ${JSON.stringify(answer)}`
  }

  judge(answer, fault) {
    if (answer.uncaught) return `an uncaught exception: ${answer.message}`
    if (answer.lost) return mustPass(fault) ? `lost for ${fault.errno}` : LOST
    if (answer.message === undefined) return UNHARMED
    const { call, errno } = fault
    const all = flat(answer)
    const named = all.find(
      each =>
        (each.code === errno || isErrno(each.errno, errno)) &&
        (this.program.group === 'drop-ins' || names(`${each.syscall} ${errno}`, { call, errno })), // theirs are of their API
    )
    // The API of unix-dgram has an event, and an error without an errno.
    if (answer.message === 'congestion' && errno === 'ENOBUFS') return REPORTED
    if (named === undefined) return `not the error: ${answer.message} (${answer.code}, ${answer.syscall})`
    return mustPass(fault) ? `${answer.message} for ${errno}` : REPORTED
  }

  async spins() {
    return Server.prototype.spins.call(this)
  }

  async leave() {
    await this.run?.kill()
    this.run = undefined
  }
}

const flat = error => [
  error,
  ...(error.cause === null ? [] : flat(error.cause)),
  ...error.errors.flatMap(each => flat(each)),
]
const isErrno = (number, errno) => typeof number === 'number' && Math.abs(number) === numberOf(errno)

/** A command: it runs for each fault. */
class Command {
  constructor(program, folder, library, peers) {
    const words = { TCP: peers.tcp, UNIX: peers.unix, UDP: peers.udp }
    this.program = { ...program, command: program.command.map(word => String(words[word] ?? word)) }
    this.plan = new Plan(library, join(folder, `plan-${programs.indexOf(program)}`), program.object)
  }

  async hold() {
    const run = (this.run = new Run(this.program, this.plan.env))
    this.answer = undefined
    run.child.stdin.end(this.program.input)
    if (this.program.sent !== undefined) {
      const listening = await run.until(() => /^listening on .*:(\d+)\n/m.exec(run.stderr), limits.start)
      if (listening) this.answer = await client(Number(listening[1]), { sent: this.program.sent })
    }
    const late = await within(run.ended, limits.end)
    if (late !== timedOut) return true
    await run.kill()
    return false
  }

  async begin() {
    if (!(await this.hold()) || this.run.ending.code !== 0) throw new Error(`without a fault: ${this.run.stderr}`)
    this.expected = this.run.stdout
    const wrong = this.#wrong()
    if (wrong !== undefined) throw new Error(`without a fault: ${wrong}`)
    return { talk: this.plan.counts() }
  }

  // What is wrong with its output, and with what its client has received.
  #wrong() {
    const { input, sent, varies } = this.program
    const { stdout } = this.run
    if (!varies && stdout !== this.expected) return `other output: ${stdout.slice(0, 200)}`
    if (sent !== undefined && `${this.answer}` !== input) return `the client has received ${this.answer}`
  }

  async cell(fault) {
    this.plan.arm(fault.call, fault.occurrence, fault.errno)
    if (!(await this.hold())) return 'it hangs'
    if (!this.plan.failed) return MISSED
    const { run } = this
    const end = endOf(run, fault)
    if (end !== UNHARMED) return end
    // It may say of a part that it is missing.
    if (names(run.stdout + run.stderr, fault)) return mustPass(fault) ? `it reports ${fault.errno}` : REPORTED
    return this.#wrong() ?? UNHARMED
  }

  async parts() {
    this.plan.disarm()
    if (!(await this.hold())) return 'with parts: it hangs'
    return this.run.ending.code === 0 ? (this.#wrong() ?? UNHARMED) : `with parts: ${this.run.stderr}`
  }

  async spins() {
    return false
  }

  async leave() {
    await this.run?.kill()
  }
}

const kinds = { server: Server, conversation: Conversation, command: Command }

const titleOf = ({ group, name }) => `${group}, ${name}`
const faultOf = ({ phase, call, occurrence, errno }) => `${phase} ${call} ${occurrence} ${errno}`
const lineOf = fault => `${titleOf(fault.program)}: ${faultOf(fault)}`

/**
 * Whether a fault cannot be: where the kernel reports each change once, a call that it has reported ready does not fail as if it
 * were not, since then a report would follow.
 */
const cannot = ({ program, call, errno }) =>
  (errno === 'EALREADY' && /^(connect|send)/.test(call)) || // no other connect is under way
  // What it says of a peer that is gone, the receive would say too.
  (program.kind === 'command' && call === 'sendto' && /^(ECONNRESET|EPIPE)$/.test(errno)) ||
  (program.blocks && errno === 'EAGAIN' && /^(recv|send)/.test(call)) || // only of a non-blocking socket
  (program.edges?.test(call) &&
    ((errno === 'EAGAIN' && inAndOut.test(call)) || (errno === 'ENOTCONN' && /^(shutdown|getpeername)$/.test(call))))

/** How many of a hundred calls on streams do a part only, in runs without an errno. */
const percents = [30, 60, 100]

/** The first call, one in the middle, and the last. */
const occurrencesOf = count => [...new Set([1, Math.ceil(count / 2), count])]

function* faultsOf(program, counts) {
  for (const [phase, calls] of Object.entries(counts)) {
    for (const [call, count] of Object.entries(calls)) {
      for (const errno of errnos[call].errnos) {
        for (const occurrence of occurrencesOf(count)) yield { program, phase, call, occurrence, errno }
      }
    }
  }
}

function summary(results, seconds) {
  const count = test => results.filter(test).length
  const kinds = {
    unharmed: UNHARMED,
    'lost one client': LOST,
    reported: REPORTED,
    'not reached': MISSED,
    'cannot be': 'n',
  }
  const counts = Object.entries(kinds).map(([kind, sign]) => `${count(({ outcome }) => outcome === sign)} ${kind}`)
  const wrong = count(({ outcome }) => outcome.length > 1)
  const traced = count(({ by }) => by === 'strace')
  const shortened = results.reduce((sum, result) => sum + (result.shortened ?? 0), 0)
  return `${results.length} cells in ${seconds} s, seed ${given.seed}: ${counts.join(', ')}, ${wrong} wrong; ${traced} by strace; ${shortened} calls did a part only`
}

// With a part of the cells, those of the other cells are as they were when they were last written.
function withEarlier(results, seconds) {
  const file = join(root, 'build/faults.json')
  const earlier =
    given.only !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { cells: [], seconds: 0 }
  const all = new Map(earlier.cells.map(cell => [cell.line, cell]))
  for (const result of results)
    all.set(lineOf(result), { ...result, line: lineOf(result), program: titleOf(result.program) })
  const cells = [...all.values()]
  writeFileSync(file, JSON.stringify({ cells, seconds: earlier.seconds + seconds }))
  const named = new Map(programs.map(program => [titleOf(program), program]))
  return {
    results: cells.map(cell => ({ ...cell, program: named.get(cell.program) })),
    seconds: earlier.seconds + seconds,
  }
}

async function main() {
  if (given.help) return void console.log(usage)
  const folder = mkdtempSync(join(tmpdir(), 'faults-'))
  const began = Date.now()
  const { peers, close } = await startPeers(folder)
  const random = generator(Number(given.seed))
  const only = given.only?.map(line => new RegExp(`^(${line})$`))
  const isWanted = fault => only === undefined || only.some(line => line.test(lineOf(fault)))
  const results = []
  const say = text => given.quiet || console.log(text)
  try {
    const library = compile(folder)
    const end = given.seconds === undefined ? Infinity : began + 1000 * Number(given.seconds)
    const wanted = given.cells === undefined ? Infinity : Number(given.cells)
    // A sample is of a few programs, since each has to start.
    const named = given.only?.map(line => new RegExp(`^(${line.replace(/: .*/, '')})$`))
    const chosen = programs.filter(program => named?.some(title => title.test(titleOf(program))) ?? true)
    for (let i = chosen.length - 1; i > 0; i--) {
      const j = random(i + 1)
      ;[chosen[i], chosen[j]] = [chosen[j], chosen[i]]
    }
    const some = wanted === Infinity ? chosen : chosen.slice(0, Math.max(2, Math.ceil(wanted / 20)))

    const test = async program => {
      const subject = new kinds[program.kind](program, folder, library, peers)
      try {
        const counts = await subject.begin()
        let faults = [...faultsOf(program, counts)].filter(isWanted)
        if (wanted !== Infinity) {
          const share = Math.ceil(wanted / some.length)
          // The cells of the start and the stop take a process each.
          faults = faults.filter(({ phase }) => phase === 'talk' || random(20) === 0)
          for (let i = faults.length - 1; i > 0; i--) {
            const j = random(i + 1)
            ;[faults[i], faults[j]] = [faults[j], faults[i]]
          }
          faults = faults.slice(0, share)
        }
        let last
        for (const fault of faults) {
          if (Date.now() > end) break
          if (cannot(fault)) {
            results.push({ ...fault, outcome: 'n' })
            continue
          }
          if (last !== undefined && last.call !== fault.call && (await subject.spins())) {
            results.push({ ...last, outcome: 'it spins, after one of the faults of this call' })
            console.log(`WRONG ${lineOf(last)}: it spins, after one of the faults of this call`)
            await subject.leave()
          }
          last = fault
          let outcome
          try {
            outcome = await subject.cell(fault)
          } catch (error) {
            outcome = `cannot be judged: ${error.message}`
            await subject.leave()
          }
          const wrong = outcome.length > 1
          results.push({ ...fault, outcome })
          if (wrong) console.log(`WRONG ${lineOf(fault)}: ${outcome}`)
          else if (only !== undefined) say(`${outcome || '-'} ${lineOf(fault)}`)
        }
        for (const percent of percents) {
          const partial = { program, phase: 'talk', call: 'parts', occurrence: percent, errno: 'none' }
          if (program.whole || !isWanted(partial)) continue
          // Where the kernel reports each change once, a receive that is not full has taken all bytes. epoll(7)
          const receives = program.edges?.test('recv') ? 0 : percent
          subject.plan.shorten({ sends: percent, receives }, Number(given.seed))
          const outcome = await subject.parts()
          const { shortened } = subject.plan
          subject.plan.shorten({ sends: 0, receives: 0 }, 0)
          results.push({ ...partial, outcome, shortened })
          if (outcome !== UNHARMED) console.log(`WRONG ${lineOf(partial)}: ${outcome}`)
        }
        if (await subject.spins()) {
          results.push({ ...last, outcome: 'it spins at the end' })
          console.log(`WRONG ${lineOf(last)}: it spins at the end`)
        }
      } catch (error) {
        results.push({ program, phase: 'begin', call: '-', occurrence: 0, errno: '-', outcome: `${error.message}` })
        console.log(`WRONG ${titleOf(program)}: ${error.message}`)
      } finally {
        await subject.leave()
      }
      const mine = results.filter(result => result.program === program)
      const seconds = Math.round((Date.now() - began) / 1000)
      say(`${titleOf(program)}: ${mine.length} cells, at ${seconds} s`)
    }

    const queue = [...some]
    const work = async () => {
      for (let program = queue.shift(); program !== undefined && Date.now() < end; program = queue.shift()) {
        await test(program)
      }
    }
    await Promise.all(Array.from({ length: Number(given.jobs) }, work))
  } finally {
    close()
    rmSync(folder, { recursive: true })
  }
  const seconds = Math.round((Date.now() - began) / 1000)
  const wrong = results.filter(({ outcome }) => outcome.length > 1)
  console.log(summary(results, seconds))
  for (const result of wrong) {
    console.log(`again: node test/faults/matrix.js --only '${lineOf(result)}'`)
  }
  if (given.write) {
    const all = withEarlier(results, seconds)
    writePage(all.results, summary(all.results, all.seconds))
  }
  process.exitCode = wrong.length > 0 ? 1 : 0
}

await main()
