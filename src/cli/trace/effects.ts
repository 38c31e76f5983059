// What a call does: to its sockets, their states and descriptors, and which bytes passed from where to where.
import { receives, sends, waits } from './calls.js'
import type { Descriptors } from './descriptors.js'
import type { Call } from './event.js'
import { passed, passes } from './pieces.js'
import { bound, closes, connects, ends, established, finishes, listens, lost } from './states.js'
import type { TracedSocket } from './states.js'
import type { Step } from './steps.js'

/** The other end may receive the end of the stream before these return. */
const early = /^(close|shutdown)$/

/** Applies the calls of one conversation, in their order: adds to their steps the states and the arrows. */
export class Effects {
  readonly #descriptors: Descriptors

  constructor(descriptors: Descriptors) {
    this.#descriptors = descriptors
  }

  /** A call that does not return at once. */
  begins(call: Call, step: Step): void {
    if (call.name === 'connect') step.changes.push(...this.#connect(call, step.sockets[0]!, step))
    if (early.test(call.name)) this.#apply(call, step)
  }

  /** A call that returns; `begun`: after `begins`. */
  returns(call: Call, step: Step, begun: boolean): void {
    if (!begun || !early.test(call.name)) this.#apply(call, step)
  }

  /** The end of a process closed the last descriptor of this socket. */
  closes(socket: TracedSocket, step: Step): void {
    this.#ends(socket, step, closes)
  }

  #connect(call: Call, socket: TracedSocket, step: Step): Step['changes'] {
    if (call.address === undefined || call.address === 'AF_UNSPEC') return []
    socket.peer = call.address
    socket.connected ??= step
    if (!socket.stream) return []
    this.#joined(this.#descriptors.connecting(socket), socket, step)
    return connects(socket)
  }

  // An arrow from the connect of `client` to the accept of `server`; whichever came later has it.
  #joined(server: TracedSocket | undefined, client: TracedSocket | undefined, step: Step): void {
    if (server?.connected === undefined || client?.connected === undefined) return
    step.arrows.push({ kind: 'connection', from: client.connected, to: server.connected, size: 0 })
  }

  #apply(call: Call, step: Step): void {
    const { pid, name, errno, args } = call
    const [socket] = step.sockets
    const failed = errno !== undefined
    if (/^socket(pair)?$/.test(name)) return this.#make(call, step)
    if (socket === undefined) return
    if (/^(ECONNRESET|EPIPE|ECONNABORTED)$/.test(errno ?? '') && !waits.test(name)) step.changes.push(...lost(socket))
    else if (name === 'connect') this.#connected(call, socket, step)
    else if (name === 'close' && !failed) {
      const last = this.#descriptors.remove(pid, Number(args[0]))
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
    const sockets = made.map(each => this.#descriptors.make(pid, each, protocol, /CLOEXEC/.test(args[1] ?? '')))
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
      this.#descriptors.refused(socket)
      socket.connected = undefined
      step.changes.push(...lost(socket))
    }
  }

  #accepted({ made, args, pid, address }: Call, listener: TracedSocket, step: Step): void {
    if (made[0] === undefined) return
    const socket = this.#descriptors.make(pid, made[0], listener.protocol, /CLOEXEC/.test(args[3] ?? ''))
    socket.lane = step.lane
    socket.connected = step
    socket.local ??= listener.local
    socket.peer ??= address
    step.sockets.push(socket)
    const other = this.#descriptors.accepted(socket)
    this.#joined(socket, other, step)
    step.changes.push(...established(socket))
    if (other !== undefined) step.changes.push(...established(other))
  }

  #duplicate({ name, args, made, pid, result }: Call, socket: TracedSocket): void {
    if (name === 'fcntl' && args[1] === 'F_SETFD')
      this.#descriptors.closeOnExec(pid, Number(args[0]), args[2] === 'FD_CLOEXEC')
    if (name === 'fcntl' && !/^F_DUPFD/.test(args[1] ?? '')) return
    const fd = made[0]?.fd ?? Number(result)
    if (fd === Number(args[0])) return
    this.#descriptors.remove(pid, fd) // dup2 closes it first
    this.#descriptors.duplicate(pid, fd, socket, /CLOEXEC/.test(args.join(' ')))
  }

  #sent(call: Call, socket: TracedSocket, step: Step): void {
    if (socket.stream) step.changes.push(...established(socket))
    if (call.size! > 0 || !socket.stream) step.arrows.push(...passes(this.#descriptors.sockets, socket, call, step))
  }

  #received(call: Call, socket: TracedSocket, step: Step): void {
    if (socket.stream) step.changes.push(...established(socket))
    if (call.size! > 0 || !socket.stream) {
      if (!/MSG_(PEEK|ERRQUEUE)/.test(call.args[3] ?? call.args[2] ?? ''))
        step.arrows.push(...passed(this.#descriptors.sockets, socket, call, step))
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

function protocolOf([family = '', type = '', protocol = '']: readonly string[]): string {
  if (/UNIX|LOCAL/.test(family)) return `UNIX-${/SOCK_(\w+?)(\||$)/.exec(type)?.[1] ?? 'STREAM'}`
  if (!/INET/.test(family)) return family.replace(/^AF_/, '')
  if (/MPTCP|SCTP|ICMP/.test(protocol)) return protocol.replace('IPPROTO_', '')
  return type.startsWith('SOCK_STREAM') ? 'TCP' : type.startsWith('SOCK_DGRAM') ? 'UDP' : 'RAW'
}
