// One program under one condition, and the verdict.
import { setTimeout as sleep } from 'node:timers/promises'
import { Network, within } from './network.js'
import { port } from './programs.js'

const floors = ['sockets', 'promises', 'reactor', 'streams']

class Wrong extends Error {}

/** What a cell is made of: sizes in bytes, limits in milliseconds. */
export class Cell {
  counts = { bytes: 0, clients: 0, datagrams: 0, errors: 0 }
  #clients
  #network
  #server
  #base
  #job = 0

  /** `sizes`: of a transfer, of one over loopback, and the seconds of a slow client. */
  constructor(tunnel, condition, program, seed, { size, loopback, slow }) {
    Object.assign(this, { tunnel, condition, program, seed, slow })
    this.floor = floors[seed % floors.length]
    this.limit = 60_000 + (size >> 10) * 60 + (loopback >> 20) * 300
    this.size = condition.loopback ? (program.protocol === 'echo' ? loopback : size) : size
    this.side = condition.loopback ? 'server' : 'client'
    const address = condition.loopback ? '127.0.0.1' : '10.9.0.1'
    this.target = { address, port, timeout: 30_000 }
  }

  /** `✓`: nothing was lost. `e`: the documented error. Anything else is wrong, and says why. */
  async judge() {
    try {
      await this.#open()
      const outcome = (await (this.condition.run ?? this.#whole)(this)) ?? '✓'
      await this.#after()
      await this.#closed()
      return outcome
    } catch (error) {
      return error instanceof Wrong ? error.message : `${error.stack ?? error}`
    } finally {
      await this.#clients?.kill()
      await this.#server?.end('SIGKILL', 10_000)
      await this.#network?.close()
    }
  }

  // A network that was not bad has shown nothing.
  async #closed() {
    Object.assign(this.counts, await this.#network.close())
    this.#network = undefined
    const { count } = this.condition
    if (
      count !== undefined &&
      this.program.protocol !== 'udp' &&
      this.counts.packets > 2000 &&
      this.counts[count] === 0
    )
      this.wrong(`nothing was ${count}`)
  }

  async #open() {
    const { condition, program, seed } = this
    this.#network = await Network.open(this.tunnel, { delay: 0, ...condition.tunnel, seed: seed % 2 ** 32 })
    for (const side of ['server', 'client'])
      for (const command of condition[side] ?? []) this.#network.run(side, command)
    this.#server = this.#network.start('server', ...program.command(this.target.address))
    await within(this.#server.printed(/^listening.*\n/), 30_000, 'the server')
    this.#clients = await this.#network.clients(this.side)
    // A mode may open what it keeps with its first client.
    if (program.protocol !== 'udp') {
      await this.#good()
      await this.#settled()
    }
    this.#base = this.#server.sockets()
  }

  // The default of conditions.
  async #whole(cell) {
    if (cell.program.protocol === 'udp') return cell.#datagrams()
    const { right, error, received } = await cell.transfer()
    if (!right) cell.wrong(`${error ?? 'the end'} after ${received} bytes`)
  }

  async #datagrams() {
    const count = Math.min(2000, Math.max(100, this.size >> 10))
    // Those that are under way have to fit into the receive buffer, in fragments too.
    const window = this.condition.lossy ? count + 1 : 20
    const { error, arrived, doubled, wrong, received } = await this.do('datagrams', { count, window })
    this.counts.bytes += received
    if (error !== 'recv ETIMEDOUT' && error !== 'recvfrom ETIMEDOUT') this.wrong(`the end of datagrams: ${error}`)
    if (wrong > 0) this.wrong(`${wrong} datagrams that were never sent`)
    if (arrived < count * (this.condition.lossy ? 0.5 : 1)) this.wrong(`only ${arrived} of ${count} datagrams`)
    if (doubled > 0 && !this.condition.tunnel?.duplicate) this.wrong(`${doubled} datagrams twice`)
  }

  // What holds after each condition: the server serves, has kept no descriptor, does not spin, and stops as it should.
  async #after() {
    if (this.#server.ending !== undefined) this.wrong(`it has ended: ${JSON.stringify(this.#server.ending)}`)
    await this.#fresh()
    if (this.program.protocol === 'udp') await this.#datagrams()
    else await this.#good()
    const { left } = await this.do('left')
    if (left > 0) this.wrong(`the clients have ${left} descriptors left`)
    await this.rested()
    await this.quiet()
    const { code, signal } = await this.#server.end('SIGTERM', 15_000)
    const good = this.program.protocol === 'udp' ? signal === 'SIGTERM' : code === 0
    if (!good || this.#server.stderr !== '') this.wrong(`its end: ${code ?? signal} ${this.#server.stderr}`)
  }

  // A client that has nothing to do with the condition but the network.
  async #good() {
    const { right, error } = await this.transfer({ floor: 'promises', size: 20_000 })
    if (!right) this.wrong(`a good client is not served: ${error}`)
  }

  async #fresh() {
    this.#clients ??= await this.#network.clients(this.side)
  }

  async #settled() {
    for (let before = -1; before !== this.#server.sockets(); await sleep(30)) before = this.#server.sockets()
  }

  wrong(why) {
    throw new Wrong(why)
  }

  /** An error has to be one of these; 1. */
  expectError(error, ...codes) {
    if (!codes.includes(error?.split(' ')[1])) this.wrong(`${error ?? 'no error'} instead of ${codes.join(' or ')}`)
    this.counts.errors++
    return 1
  }

  /** The floor of the nth of several clients at a time, which no other may wait for. */
  asynchronous(n) {
    return floors[1 + (n % (floors.length - 1))]
  }

  /** A job of client.js. */
  async do(what, job = {}) {
    const { target, program, size } = this
    const seed = this.seed + this.#job++
    if (what === 'datagrams') this.counts.datagrams += job.count
    else this.counts.clients += what === 'left' || what === 'release' ? 0 : (job.count ?? 1)
    const all = { target: { ...target, quiet: 1500 }, protocol: program.protocol, size, seed, ...job }
    return this.#clients.do(what, all, this.limit)
  }

  async transfer(job = {}) {
    const result = await this.do('transfer', { floor: this.floor, ...job })
    this.counts.bytes += result.received
    return result
  }

  /** A command on that side. */
  on(side, command) {
    this.#network.run(side, command)
  }

  signal(name) {
    this.#server.child.kill(name)
  }

  async killClients() {
    await this.#clients.kill()
    this.#clients = undefined
  }

  /** While another client is there, a good one is served; unless the program serves one after the other. */
  async goodMeanwhile() {
    if (!this.program.alone) await this.#good()
  }

  /** Waits until the server has accepted so many more; one, if it serves one after the other. */
  async accepted(count) {
    const least = this.#base + (this.program.alone ? 1 : count)
    for (let i = 0; i < 500 && this.#server.sockets() < least; i++) await sleep(10)
  }

  /** Waits until the server has its own sockets alone. */
  async rested() {
    const end = Date.now() + 20_000
    while (Date.now() < end && this.#server.ending === undefined) {
      if (this.#server.sockets() <= this.#base) return
      await sleep(20)
    }
    this.wrong(`the server has kept ${this.#server.sockets() - this.#base} sockets`)
  }

  /** The server does nothing, since nothing happens. */
  async quiet() {
    if (await this.#server.spins()) this.wrong('the server spins')
  }
}
