// Runs a program on one of the two Sockets. Results of the synchronous one are awaited too, which changes nothing.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import * as C from 'bsd-sockets'
import { poll, POLLIN, POLLOUT, POLLPRI, Socket as SyncSocket, SocketError } from 'bsd-sockets'
import type { SocketAddress } from 'bsd-sockets'
import type { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { optionNames, payload, runs } from './program.js'
import type { FlagName, Kind, Outcome, Program, Step } from './program.js'

type Some = SyncSocket | AsyncSocket
type SocketClass = typeof SyncSocket | typeof AsyncSocket

const numbers = C as unknown as Record<string, number>

const types: Record<Kind, [family: number, type: number]> = {
  tcp: [C.AF_INET, C.SOCK_STREAM],
  tcp6: [C.AF_INET6, C.SOCK_STREAM],
  udp: [C.AF_INET, C.SOCK_DGRAM],
  unix: [C.AF_UNIX, C.SOCK_STREAM],
  'unix-datagram': [C.AF_UNIX, C.SOCK_DGRAM],
  'unix-seqpacket': [C.AF_UNIX, C.SOCK_SEQPACKET],
}

const shown = C.MSG_TRUNC | C.MSG_CTRUNC | C.MSG_EOR | C.MSG_OOB
const flagsOf = (names: readonly FlagName[]): number => names.reduce((flags, name) => flags | numbers[name]!, 0)

// The steps that are allowed on a socket during a concurrent receive; others wait until that has ended.
const together = new Set<Step['op']>(['getsockname', 'getpeername', 'send', 'sendall', 'sendmsg', 'sendto', 'shutdown'])

const receives = 5 // the number of steps that a receiver may wait

interface Receiver {
  index: number
  socket: Some
  file: number
  outcome: Promise<Outcome>
  over: boolean
}

let named = 0

class Run {
  readonly sockets: Some[] = []
  readonly #Socket: SocketClass
  readonly #ports = new Map<number, number>()
  readonly #names = new Map<string, string>()
  readonly #files = new Map<Some, number>() // the number of its open file, which duplicates share
  #begun: Receiver[] = []

  constructor(type: SocketClass) {
    this.#Socket = type
  }

  #keep(socket: Some, like?: Some): number {
    socket.settimeout(20)
    this.#files.set(socket, like === undefined ? this.#files.size : this.#files.get(like)!)
    return this.sockets.push(socket) - 1
  }

  #label(address: SocketAddress): unknown {
    if (address.family === 'IPv4' || address.family === 'IPv6') {
      if (address.port === 0) return [address.address, 0]
      if (!this.#ports.has(address.port)) this.#ports.set(address.port, this.#ports.size + 1)
      return [address.address, this.#ports.get(address.port)]
    }
    if (!('abstract' in address)) return null
    const name = String(address.abstract)
    if (!this.#names.has(name)) this.#names.set(name, `name ${this.#names.size + 1}`)
    return this.#names.get(name)
  }

  #bind(socket: Some): void {
    if (socket.family === C.AF_UNIX) socket.bind(`\0differential-${process.pid}-${named++}`)
    else socket.bind([socket.family === C.AF_INET6 ? '::1' : '127.0.0.1', 0])
  }

  /** The socket whose address a step uses; it has the same family. */
  #namedBy({ at, to }: { at: number; to: number }): Some {
    const { family } = this.sockets[at % this.sockets.length]!
    const alike = this.sockets.filter(socket => socket.family === family)
    return alike[to % alike.length]!
  }

  #begin(index: number, socket: Some, size: number): void {
    const receiver: Receiver = {
      index,
      socket,
      file: this.#files.get(socket)!,
      outcome: outcome(async () => runs(await socket.recv(size))),
      over: false,
    }
    void receiver.outcome.then(() => (receiver.over = true))
    this.#begun.push(receiver)
  }

  async run(index: number, step: Step): Promise<unknown> {
    for (const { index: begun, outcome } of this.#begun) if (begun <= index - receives) await outcome
    try {
      return await this.#take(index, step)
    } finally {
      await this.#settle()
    }
  }

  /** Lets the receivers receive what has arrived, before the next step sends more. */
  async #settle(): Promise<void> {
    for (const receiver of this.#begun) {
      while (!receiver.over && poll([[receiver.socket, POLLIN]], 0).length > 0) await turnOfTheLoop()
    }
  }

  async #take(index: number, step: Step): Promise<unknown> {
    const Kind = this.#Socket as typeof SyncSocket
    switch (step.op) {
      case 'open':
        return this.#keep(new Kind(...types[step.kind]))
      case 'pair':
        return Kind.pair(...types[step.kind]).map(socket => this.#keep(socket))
      case 'served': {
        const listener: Some = new this.#Socket(...types[step.kind])
        this.#keep(listener)
        const client: Some = new this.#Socket(...types[step.kind])
        this.#keep(client)
        this.#bind(listener)
        listener.listen(5)
        await client.connect(listener.getsockname())
        return this.#keep((await listener.accept())[0])
      }
      case 'join':
        return this.join()
    }
    if (this.sockets.length === 0) return null
    const one = this.sockets[step.at % this.sockets.length]!
    const other = 'to' in step ? this.#namedBy(step) : one
    if (!together.has(step.op)) {
      for (const { file, outcome } of this.#begun) if (file === this.#files.get(one)) await outcome
    }
    switch (step.op) {
      case 'bind':
        return this.#bind(one)
      case 'listen':
        return one.listen(step.backlog)
      case 'accept': {
        const [socket, address] = await one.accept()
        return [this.#keep(socket), this.#label(address)]
      }
      case 'close':
        return one.close()
      case 'reset':
        one.setsockopt(C.SOL_SOCKET, C.SO_LINGER, new Int32Array([1, 0]))
        return one.close()
      case 'dup':
        return this.#keep(one.dup(), one)
      case 'getsockname':
        return this.#label(one.getsockname())
      case 'getpeername':
        return this.#label(one.getpeername())
      case 'poll':
        return poll([[one, POLLIN | POLLOUT | POLLPRI]], 0).map(([, events]) => events)
      case 'connect':
        return one.connect(other.getsockname())
      case 'send':
        return one.send(payload(index, step.size), flagsOf(step.flags))
      case 'sendall':
        return one.sendall(payload(index, step.size), flagsOf(step.flags))
      case 'sendto':
        return one.sendto(payload(index, step.size), other.getsockname())
      case 'sendmsg':
        return one.sendmsg(step.sizes.map(size => payload(index, size)))
      case 'sendfd': {
        // The kernel closes a Unix socket in its own queue at an undefined time. unix(7)
        const others = this.sockets.filter(({ family }) => family !== C.AF_UNIX)
        return others.length === 0 ? null : one.sendmsg(['d'], [{ fds: [others[step.what % others.length]!] }])
      }
      case 'recv':
        return runs(await one.recv(step.size, flagsOf(step.flags)))
      case 'recvInto': {
        const view = new Uint8Array(step.size)
        const count = await one.recvInto(view, flagsOf(step.flags))
        return [count, runs(view)]
      }
      case 'recvfrom': {
        const [bytes, address] = await one.recvfrom(step.size, flagsOf(step.flags))
        return [runs(bytes), this.#label(address)]
      }
      case 'recvmsg': {
        const { data, flags } = await one.recvmsg(step.size, 0, flagsOf(step.flags))
        return [runs(data), flags & shown]
      }
      case 'recvfd': {
        const { data, fds } = await one.recvFds(10, 1)
        return [runs(data), fds.map(fd => this.#keep(Kind.fromFd(fd.detach())))]
      }
      case 'shutdown':
        return one.shutdown(step.how)
      case 'getsockopt':
        return one.getsockopt(numbers[optionNames[step.name]]!, numbers[step.name]!)
      case 'setsockopt':
        return one.setsockopt(numbers[optionNames[step.name]]!, numbers[step.name]!, step.value)
      case 'settimeout':
        return one.settimeout(step.ms)
      case 'begin':
        if (one.closed) one.getsockname() // EBADF
        one.settimeout(200)
        this.#begin(index, one, step.size)
        return null
    }
  }

  async join(): Promise<Outcome[]> {
    const begun = this.#begun
    this.#begun = []
    return Promise.all(begun.map(({ outcome }) => outcome))
  }
}

async function outcome(call: () => unknown): Promise<Outcome> {
  try {
    return { value: (await call()) ?? null }
  } catch (error) {
    if (error instanceof SocketError) return { error: error.code }
    if (error instanceof TypeError || error instanceof RangeError) return { error: 'argument' }
    throw error
  }
}

/** The outcome of each call of the program. */
export async function runOn(type: SocketClass, { steps }: Program): Promise<Outcome[]> {
  const run = new Run(type)
  try {
    const outcomes: Outcome[] = []
    for (const [index, step] of steps.entries()) outcomes.push(await outcome(() => run.run(index, step)))
    await run.join()
    return outcomes
  } finally {
    for (const socket of run.sockets) socket.close()
  }
}
