// Follows the sockets of a trace: who has them, their states, and which bytes passed from where to where.
import { basename } from 'node:path'
import { receives, sends, waits } from './calls.js'
import { Descriptors } from './descriptors.js'
import type { Call, Event } from './event.js'
import { passed, passes } from './pieces.js'
import { bound, closes, connects, ends, established, finishes, listens, lost } from './states.js'
import type { TracedSocket } from './states.js'
import type { Lane, Step } from './steps.js'

/** All calls on sockets, in the order in which they returned. */
export class Conversation {
  readonly steps: Step[] = []
  readonly descriptors = new Descriptors()
  readonly #lanes = new Map<number, Lane>() // by thread
  readonly #names = new Map<number, string>() // by process
  readonly #waiting = new Map<number, Step>() // by thread
  readonly #sliced = new Map<number, Step>() // by thread: waits that timed out, and may go on in the next call

  /**
   * The steps that an event begins or completes; none if it is about no socket. A wait that is made in slices, of the same
   * descriptors again and again, is one step.
   */
  add(event: Event): Step[] {
    const before = this.#sliced.get(event.tid)
    if (before !== undefined && !(event.kind === 'call' && isSame(before.event as Call, event))) {
      this.#sliced.delete(event.tid)
      const step = this.#next(event)
      return step === undefined ? [before] : [before, step]
    }
    const step = this.#next(event)
    return step === undefined ? [] : [step]
  }

  /** The waits that timed out last. */
  end(): Step[] {
    return [...this.#sliced.values()]
  }

  #next(event: Event): Step | undefined {
    switch (event.kind) {
      case 'start':
        if (event.parent !== undefined) {
          this.descriptors.fork(event.parent, event.pid)
          if (event.parent !== event.pid) this.#names.set(event.pid, this.#names.get(event.parent) ?? '')
        }
        return undefined
      case 'exec':
        this.descriptors.exec(event.pid)
        this.#names.set(event.pid, nameOf(event.program))
        for (const lane of this.#lanes.values()) if (lane.pid === event.pid) lane.name = this.#names.get(event.pid)!
        return undefined
      case 'signal':
        return this.#lanes.has(event.tid) && event.signal !== 'SIGCHLD' ? this.#step(event, []) : undefined
      case 'exit': {
        const last = event.tid === event.pid ? this.descriptors.exec(event.pid, true) : []
        if (!this.#lanes.has(event.tid)) return undefined
        const step = this.#step(event, last)
        for (const socket of last) this.#ends(socket, step, closes)
        this.#lanes.delete(event.tid)
        return step
      }
      case 'call':
        return this.#call(event)
    }
  }

  #lane(pid: number, tid: number): Lane {
    let lane = this.#lanes.get(tid)
    if (lane === undefined) this.#lanes.set(tid, (lane = { pid, tid, name: this.#names.get(pid) ?? '' }))
    return lane
  }

  #step(event: Step['event'], sockets: TracedSocket[]): Step {
    const lane = this.#lane(event.pid, event.tid)
    const step: Step = { number: this.steps.length + 1, lane, event, sockets, changes: [], arrows: [] }
    this.steps.push(step)
    return step
  }

  #call(call: Call): Step | undefined {
    const sliced = this.#sliced.get(call.tid)
    if (sliced !== undefined) return this.#slice(sliced, call)
    const before = this.#waiting.get(call.tid)
    this.#waiting.delete(call.tid)
    const continues = before !== undefined && (before.event as Call).began === call.began
    const sockets = this.#socketsOf(call)
    if (sockets.length === 0 && !/^socket(pair)?$/.test(call.name)) return undefined
    const step = continues ? before : this.#step(call, sockets)
    step.event = call
    for (const socket of sockets) if (!waits.test(call.name)) socket.lane = step.lane
    if (call.ended === undefined) {
      this.#waiting.set(call.tid, step)
      if (call.name === 'connect') step.changes.push(...this.#connect(call, sockets[0]!, step))
      if (/^(close|shutdown)$/.test(call.name)) this.#effects(call, step) // the other end may receive the end before it returns
      return step
    }
    if (timedOut(call)) {
      this.#sliced.set(call.tid, step)
      return undefined
    }
    if (!continues || !/^(close|shutdown)$/.test(call.name)) this.#effects(call, step)
    return step
  }

  // One more slice of a wait.
  #slice(step: Step, call: Call): Step | undefined {
    if (call.ended === undefined) return undefined
    step.event = { ...call, began: (step.event as Call).began }
    if (timedOut(call)) return undefined
    this.#sliced.delete(call.tid)
    return step
  }

  // The sockets that are not the standard streams of somebody else.
  #socketsOf(call: Call): TracedSocket[] {
    const { pid, name, descriptors } = call
    const found = descriptors.map(descriptor => this.descriptors.find(pid, descriptor))
    if (/^epoll_p?wait/.test(name)) found.push(...this.descriptors.polled(pid, Number(call.args[0])))
    const shown = found.filter(socket => socket !== undefined).filter(socket => !socket.standard)
    if (name === 'epoll_ctl' && shown[0] !== undefined) {
      const set = this.descriptors.polled(pid, Number(call.args[0]))
      if (call.args[1] === 'EPOLL_CTL_DEL') set.delete(shown[0])
      else set.add(shown[0])
    }
    return [...new Set(shown)]
  }

  #connect(call: Call, socket: TracedSocket, step: Step): Step['changes'] {
    if (call.address === undefined || call.address === 'AF_UNSPEC') return []
    socket.peer = call.address
    socket.connected ??= step
    if (!socket.stream) return []
    this.#joined(this.descriptors.connecting(socket), socket, step)
    return connects(socket)
  }

  // An arrow from the connect of `client` to the accept of `server`; whichever came later has it.
  #joined(server: TracedSocket | undefined, client: TracedSocket | undefined, step: Step): void {
    if (server?.connected === undefined || client?.connected === undefined) return
    step.arrows.push({ kind: 'connection', from: client.connected, to: server.connected, size: 0 })
  }

  #effects(call: Call, step: Step): void {
    const { pid, name, errno, args } = call
    const [socket] = step.sockets
    const failed = errno !== undefined
    if (/^socket(pair)?$/.test(name)) return this.#make(call, step)
    if (socket === undefined) return
    if (/^(ECONNRESET|EPIPE|ECONNABORTED)$/.test(errno ?? '') && !waits.test(name)) step.changes.push(...lost(socket))
    else if (name === 'connect') this.#connected(call, socket, step)
    else if (name === 'close' && !failed) {
      const last = this.descriptors.remove(pid, Number(args[0]))
      if (last !== undefined) this.#ends(last, step, closes)
    } else if (failed) return
    else if (name === 'bind') {
      socket.local = call.address
      step.changes.push(...bound(socket))
    } else if (name === 'getsockname') {
      if (!call.address?.endsWith(':0')) socket.local = call.address
    } else if (name === 'listen') step.changes.push(...listens(socket))
    else if (/^accept/.test(name)) this.#accepted(call, socket, step)
    else if (name === 'shutdown') {
      if (args[1] !== 'SHUT_RD') this.#ends(socket, step, finishes)
    } else if (name === 'setsockopt') {
      if (args[2] === 'SO_LINGER') socket.abortive = /l_onoff=1, l_linger=0\}/.test(args[3] ?? '')
    } else if (/^(dup[23]?|fcntl)$/.test(name)) this.#duplicate(call, socket)
    else if (sends.test(name)) this.#sent(call, socket, step)
    else if (receives.test(name)) this.#received(call, socket, step)
  }

  // It sends no more. The other end may have received that already: this step's return came later.
  #ends(socket: TracedSocket, step: Step, how: typeof closes): void {
    const first = socket.finished === undefined
    step.changes.push(...how(socket, step))
    const to = socket.other?.ended
    if (first && socket.finished === step && to !== undefined)
      step.arrows.push({ kind: 'end', from: step, to, size: 0 })
  }

  #make(call: Call, step: Step): void {
    const { made, args, pid } = call
    const protocol = protocolOf(args)
    const sockets = made.map(each => this.descriptors.make(pid, each, protocol, /CLOEXEC/.test(args[1] ?? '')))
    for (const socket of sockets) socket.lane = step.lane
    step.sockets.push(...sockets)
    const [one, two] = sockets
    if (one === undefined || two === undefined) return
    one.other = two
    two.other = one
    step.changes.push(...established(one), ...established(two))
  }

  #connected({ errno, ...call }: Call, socket: TracedSocket, step: Step): void {
    if (socket.connected === undefined || socket.peer !== call.address)
      step.changes.push(...this.#connect(call, socket, step))
    if (errno === undefined || errno === 'EISCONN') step.changes.push(...established(socket))
    else if (!/^(EINPROGRESS|EALREADY|EINTR|EAGAIN|ERESTARTSYS)$/.test(errno)) {
      this.descriptors.refused(socket)
      socket.connected = undefined
      step.changes.push(...lost(socket))
    }
  }

  #accepted({ made, args, pid, address }: Call, listener: TracedSocket, step: Step): void {
    if (made[0] === undefined) return
    const socket = this.descriptors.make(pid, made[0], listener.protocol, /CLOEXEC/.test(args[3] ?? ''))
    socket.lane = step.lane
    socket.connected = step
    socket.local ??= listener.local
    socket.peer ??= address
    step.sockets.push(socket)
    const other = this.descriptors.accepted(socket)
    this.#joined(socket, other, step)
    step.changes.push(...established(socket))
    if (other !== undefined) step.changes.push(...established(other))
  }

  #duplicate({ name, args, made, pid, result }: Call, socket: TracedSocket): void {
    if (name === 'fcntl' && args[1] === 'F_SETFD')
      this.descriptors.closeOnExec(pid, Number(args[0]), args[2] === 'FD_CLOEXEC')
    if (name === 'fcntl' && !/^F_DUPFD/.test(args[1] ?? '')) return
    const fd = made[0]?.fd ?? Number(result)
    if (fd === Number(args[0])) return
    this.descriptors.remove(pid, fd) // dup2 closes it first
    this.descriptors.duplicate(pid, fd, socket, /CLOEXEC/.test(args.join(' ')))
  }

  #sent(call: Call, socket: TracedSocket, step: Step): void {
    if (socket.stream) step.changes.push(...established(socket))
    if (call.size! > 0 || !socket.stream) step.arrows.push(...passes(this.descriptors.sockets, socket, call, step))
  }

  #received(call: Call, socket: TracedSocket, step: Step): void {
    if (socket.stream) step.changes.push(...established(socket))
    if (call.size! > 0 || !socket.stream) {
      if (!/MSG_(PEEK|ERRQUEUE)/.test(call.args[3] ?? call.args[2] ?? ''))
        step.arrows.push(...passed(this.descriptors.sockets, socket, call, step))
      return
    }
    if (/^0$|\biov_len=0\b/.test(call.args[2] ?? '')) return // nothing was asked for
    if (socket.ended !== undefined) return
    socket.ended = step
    const from = socket.other?.finished
    if (from !== undefined) step.arrows.push({ kind: 'end', from, to: step, size: 0 })
    step.changes.push(...ends(socket))
  }
}

const timedOut = ({ name, result, errno }: Call): boolean => waits.test(name) && result === '0' && errno === undefined

// Whether a call waits for the same as another; its timeout may differ.
const isSame = (a: Call, b: Call): boolean =>
  a.name === b.name &&
  (/^epoll/.test(a.name) ? a.args[0] === b.args[0] : a.args[0] === b.args[0] && a.args[1] === b.args[1])

// `node server.js`: the program, and of an interpreter its file.
function nameOf([program = '', ...args]: readonly string[]): string {
  const name = basename(program)
  const file = /^(node|bun|deno|python[\d.]*|ruby|perl|(ba|da|z)?sh)$/.test(name)
    ? args.find(arg => !arg.startsWith('-'))
    : undefined
  return file === undefined || /\s/.test(file) ? name : `${name} ${basename(file)}`
}

function protocolOf([family = '', type = '', protocol = '']: readonly string[]): string {
  if (/UNIX|LOCAL/.test(family)) return `UNIX-${/SOCK_(\w+?)(\||$)/.exec(type)?.[1] ?? 'STREAM'}`
  if (!/INET/.test(family)) return family.replace(/^AF_/, '')
  if (/MPTCP|SCTP|ICMP/.test(protocol)) return protocol.replace('IPPROTO_', '')
  return type.startsWith('SOCK_STREAM') ? 'TCP' : type.startsWith('SOCK_DGRAM') ? 'UDP' : 'RAW'
}
