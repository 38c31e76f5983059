// Which descriptor of which process refers to which socket.
import type { Descriptor, Endpoint } from './event.js'
import { TracedSocket } from './states.js'

interface Entry {
  readonly socket: TracedSocket
  closedByExec: boolean
}

/** The descriptors of all processes of a trace. */
export class Descriptors {
  readonly sockets: TracedSocket[] = []
  readonly #byKey = new Map<string, TracedSocket>()
  readonly #byAddresses = new Map<string, TracedSocket>()
  readonly #tables = new Map<number, Map<number, Entry>>() // by process
  readonly #polled = new Map<string, Set<TracedSocket>>() // by the descriptor of an epoll instance
  readonly #pending: TracedSocket[] = [] // connections that no accept is known for

  /** The socket that a descriptor refers to; undefined if it is something else. */
  find(pid: number, { fd, socket: endpoint }: Descriptor): TracedSocket | undefined {
    if (endpoint === null) return undefined
    const table = this.#table(pid)
    const known = table.get(fd)?.socket
    if (endpoint === undefined) return known
    if (known !== undefined && !contradicts(known, endpoint)) {
      this.#learn(known, endpoint)
      return known
    }
    if (known !== undefined) this.remove(pid, fd) // its close was not seen
    const socket = this.#named(endpoint) ?? this.#create(endpoint, fd <= 2 && endpoint.protocol.startsWith('UNIX'))
    this.#refer(pid, fd, socket, false)
    this.#learn(socket, endpoint)
    return socket
  }

  /** A call has made this descriptor, for a new socket. */
  make(pid: number, { fd, socket: endpoint }: Descriptor, protocol: string, closedByExec: boolean): TracedSocket {
    if (this.#table(pid).has(fd)) this.remove(pid, fd)
    const socket =
      (endpoint && this.#named(endpoint)) ??
      this.#create({ ...endpoint, protocol: endpoint?.protocol || protocol }, false)
    this.#refer(pid, fd, socket, closedByExec)
    this.#learn(socket, endpoint ?? { protocol })
    return socket
  }

  /** Another descriptor for the same socket. */
  duplicate(pid: number, fd: number, socket: TracedSocket, closedByExec: boolean): void {
    this.#refer(pid, fd, socket, closedByExec)
  }

  /** The socket whose last descriptor this was. */
  remove(pid: number, fd: number): TracedSocket | undefined {
    const table = this.#table(pid)
    const socket = table.get(fd)?.socket
    table.delete(fd)
    this.#polled.delete(`${pid}:${fd}`)
    if (socket === undefined) return undefined
    socket.references.delete(`${pid}:${fd}`)
    if (socket.references.size > 0) return undefined
    for (const set of this.#polled.values()) set.delete(socket)
    return socket
  }

  /** fork(2): the child has the same descriptors. */
  fork(parent: number, child: number): void {
    if (parent === child) return
    for (const [fd, { socket, closedByExec }] of this.#table(parent)) this.#refer(child, fd, socket, closedByExec)
  }

  closeOnExec(pid: number, fd: number, closed: boolean): void {
    const entry = this.#table(pid).get(fd)
    if (entry !== undefined) entry.closedByExec = closed
  }

  /** execve(2) closes some descriptors, and the end of a process all. Returns the sockets whose last they were. */
  exec(pid: number, all = false): TracedSocket[] {
    const closed = [...this.#table(pid)].filter(([, { closedByExec }]) => all || closedByExec)
    return closed.map(([fd]) => this.remove(pid, fd)).filter(socket => socket !== undefined)
  }

  /** The sockets that an epoll instance waits for. */
  polled(pid: number, fd: number): Set<TracedSocket> {
    const key = `${pid}:${fd}`
    const set = this.#polled.get(key) ?? new Set()
    this.#polled.set(key, set)
    return set
  }

  /** A connect was begun: one accept will return its other end. */
  connecting(socket: TracedSocket): TracedSocket | undefined {
    const accepted =
      socket.other === undefined
        ? this.sockets.find(each => each.other === undefined && each.accepted && belong(socket, each))
        : undefined
    if (accepted === undefined && socket.other === undefined && !this.#pending.includes(socket))
      this.#pending.push(socket)
    if (accepted !== undefined) join(socket, accepted)
    return accepted
  }

  refused(socket: TracedSocket): void {
    const i = this.#pending.indexOf(socket)
    if (i >= 0) this.#pending.splice(i, 1)
  }

  /** The other end of an accepted connection: by its addresses, otherwise the one that waits longest. */
  accepted(socket: TracedSocket): TracedSocket | undefined {
    socket.accepted = true
    if (socket.other !== undefined) return socket.other
    const exact = this.#pending.find(each => each.local !== undefined && each.local === socket.peer)
    const other = exact ?? this.#pending.find(each => belong(each, socket))
    if (other === undefined) return undefined
    this.refused(other)
    join(other, socket)
    return other
  }

  #table(pid: number): Map<number, Entry> {
    const table = this.#tables.get(pid) ?? new Map<number, Entry>()
    this.#tables.set(pid, table)
    return table
  }

  #refer(pid: number, fd: number, socket: TracedSocket, closedByExec: boolean): void {
    this.#table(pid).set(fd, { socket, closedByExec })
    socket.references.add(`${pid}:${fd}`)
  }

  #create(endpoint: Endpoint, standard: boolean): TracedSocket {
    const socket = new TracedSocket(this.sockets.length + 1, endpoint, standard)
    this.sockets.push(socket)
    return socket
  }

  #named({ key, local, peer, protocol }: Endpoint): TracedSocket | undefined {
    return key !== undefined ? this.#byKey.get(key) : this.#byAddresses.get(`${protocol} ${local} ${peer}`)
  }

  #learn(socket: TracedSocket, { protocol, key, peerKey, local, peer }: Endpoint): void {
    if (protocol !== '') socket.protocol = protocol
    if (key !== undefined) this.#byKey.set((socket.key = key), socket)
    if (local !== undefined) socket.local = local
    if (peer !== undefined) socket.peer = peer
    if (key === undefined && local !== undefined) this.#byAddresses.set(`${protocol} ${local} ${peer}`, socket)
    if (key === undefined && peer !== undefined) {
      const other = this.#byAddresses.get(`${protocol} ${peer} ${local}`)
      if (other !== undefined && other !== socket && socket.stream) join(socket, other)
    }
    const other = peerKey === undefined ? undefined : this.#byKey.get(peerKey)
    if (other !== undefined && other !== socket) join(socket, other)
  }
}

const contradicts = (socket: TracedSocket, { key, local, peer, protocol }: Endpoint): boolean =>
  (protocol !== '' && socket.protocol !== '' && protocol !== socket.protocol) ||
  (key !== undefined && socket.key !== undefined && key !== socket.key) ||
  (peer !== undefined && socket.peer !== undefined && peer !== socket.peer && socket.stream) ||
  (peer !== undefined &&
    socket.stream &&
    socket.local !== undefined &&
    local !== socket.local &&
    socket.other === undefined &&
    !/^(0\.0\.0\.0|\[::\]):/.test(socket.local) &&
    !socket.local.endsWith(':0'))

const belong = (client: TracedSocket, accepted: TracedSocket): boolean =>
  client.protocol === accepted.protocol &&
  client.peer !== undefined &&
  client.peer === accepted.local &&
  (client.local === undefined ||
    accepted.peer === undefined ||
    accepted.peer === 'unnamed' ||
    client.local === accepted.peer)

/** These are the two ends of one connection. */
function join(a: TracedSocket, b: TracedSocket): void {
  if (a.other === b) return
  for (const each of [a, b]) if (each.other?.other === each) each.other.other = undefined
  a.other = b
  b.other = a
  for (const [one, two] of [
    [a, b],
    [b, a],
  ] as const)
    if (two.peer !== undefined && two.peer !== 'unnamed') one.local ??= two.peer
}
