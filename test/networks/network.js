// A network of two sides, and programs on them.
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { clearTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../scripts/stamp.js'

/** Compiles the tunnel into a folder; its path. */
export function compile(folder) {
  const tunnel = join(folder, 'tunnel')
  const flags = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror']
  execFileSync('cc', [...flags, '-o', tunnel, join(root, 'test/networks/tunnel.c')], { stdio: 'inherit' })
  return tunnel
}

/** The result of a promise, or an error that names what has not come in time. */
export async function within(promise, ms, what) {
  let timer
  const late = new Promise(
    (_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)),
  )
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const running = new Set()
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** A process, and what it prints. It ends with this one. */
export class Program {
  stdout = ''
  stderr = ''
  ending
  #changed = () => undefined

  constructor([command, ...args], stdio = ['ignore', 'pipe', 'pipe']) {
    this.child = spawn(command, args, { cwd: root, stdio })
    for (const name of ['stdout', 'stderr'])
      this.child[name].setEncoding('utf8').on('data', text => ((this[name] += text), this.#changed()))
    running.add(this.child)
    this.ended = new Promise(resolve => {
      const end = ending => {
        running.delete(this.child)
        this.ending = ending
        this.#changed()
        resolve(ending)
      }
      this.child.on('error', error => end({ error: error.message }))
      this.child.on('close', (code, signal) => end({ code, signal }))
    })
  }

  get pid() {
    return this.child.pid
  }

  /** Waits until it has printed a line that matches. */
  async printed(line) {
    for (;;) {
      const match = line.exec(this.stdout)
      if (match !== null) return match
      if (this.ending !== undefined) throw new Error(`it has ended: ${JSON.stringify(this.ending)} ${this.stderr}`)
      await new Promise(resolve => (this.#changed = resolve))
    }
  }

  /** Ends it by a signal; its ending. It is killed when it takes longer than `ms`. */
  async end(signal, ms) {
    if (this.ending === undefined) this.child.kill(signal)
    try {
      return await within(this.ended, ms, `its end by ${signal}`)
    } catch (error) {
      this.child.kill('SIGKILL')
      await this.ended
      throw error
    }
  }

  /** Its descriptors that are sockets. */
  sockets() {
    let count = 0
    for (const fd of readdirSync(`/proc/${this.pid}/fd`)) {
      try {
        if (readlinkSync(`/proc/${this.pid}/fd/${fd}`).startsWith('socket:')) count++
      } catch {
        // It was closed meanwhile.
      }
    }
    return count
  }

  /** The milliseconds of a processor that it has used. proc_pid_stat(5) */
  cpu() {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  }

  /** Whether it uses more than a fifth of a processor, three times. */
  async spins() {
    for (let i = 0; i < 3; i++) {
      const [used, at] = [this.cpu(), Date.now()]
      await sleep(150)
      if (this.cpu() - used < 0.2 * (Date.now() - at)) return false
    }
    return true
  }
}

/** The clients: a process of client.js, which is given jobs. */
class Clients {
  #program
  #number = 0
  #waiting = new Map()

  constructor(command) {
    this.#program = new Program(command, ['ignore', 'pipe', 'pipe', 'ipc'])
    const first = new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }))
    this.ready = first
    this.#program.child.on('message', ({ number, result, failure }) => {
      const { resolve, reject } = this.#waiting.get(number)
      this.#waiting.delete(number)
      if (failure === undefined) resolve(result)
      else reject(new Error(failure))
    })
    void this.#program.ended.then(ending => {
      const error = new Error(`the clients have ended: ${JSON.stringify(ending)} ${this.#program.stderr}`)
      for (const { reject } of this.#waiting.values()) reject(error)
    })
  }

  /** Does a job; its result. */
  do(what, job, ms) {
    const number = ++this.#number
    const done = new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }))
    this.#program.child.send({ ...job, number, what })
    return within(done, ms, what)
  }

  /** Kills them at once. */
  kill() {
    return this.#program.end('SIGKILL', 10_000)
  }
}

export class Network {
  #tunnel
  #sides

  /** Makes a network of these settings of the tunnel. */
  static async open(tunnel, settings) {
    const network = new Network()
    network.#tunnel = new Program([tunnel, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)])
    const [, a, b] = await within(network.#tunnel.printed(/^ready (\d+) (\d+)\n/), 20_000, 'the tunnel')
    network.#sides = { server: a, client: b }
    return network
  }

  /** The command, on the side `server` or `client`. nsenter(1) */
  on(side, ...command) {
    return ['nsenter', `--net=/proc/${this.#tunnel.pid}/fd/${this.#sides[side]}`, ...command]
  }

  /** Runs a command there. */
  run(side, command) {
    const [program, ...args] = this.on(side, 'sh', '-c', command)
    return execFileSync(program, args, { encoding: 'utf8' })
  }

  start(side, ...command) {
    return new Program(this.on(side, ...command))
  }

  async clients(side) {
    const clients = new Clients(this.on(side, process.execPath, join(root, 'test/networks/client.js')))
    await within(clients.ready, 20_000, 'the clients')
    return clients
  }

  /** Removes it; the counts of the tunnel. */
  async close() {
    await this.#tunnel.end('SIGTERM', 10_000)
    return JSON.parse(this.#tunnel.stdout.split('\n')[1])
  }
}

/** Why this machine can have no such network; null if it can. */
export function noNetwork() {
  if (process.platform !== 'linux') return 'the networks are of Linux'
  for (const [command, ...args] of [
    ['cc', '--version'],
    ['ip', '-V'],
    ['nft', '--version'],
  ]) {
    try {
      execFileSync(command, args, { stdio: 'ignore' })
    } catch {
      return `${command} is not installed`
    }
  }
  try {
    const attempt = 'test -c /dev/net/tun && ip link set lo up && nft add table inet attempt'
    execFileSync('unshare', ['-n', 'sh', '-c', attempt], { stdio: 'ignore' })
    return null
  } catch {
    return 'no network namespace can be made here'
  }
}
