// A server's life in the main thread: it listens, reports that, and requests a stop at the first SIGINT or SIGTERM.
//
// Node calls the listeners of signals from its event loop. A server that waits in poll(2) never returns to that loop, so it
// has a thread of its own, and the main thread stays free for signals.
import { once } from 'node:events'
import type { SocketAddress } from '../../structs/address.js'
import { AF_UNIX, IPPROTO_TCP, NI_NUMERICHOST, NI_NUMERICSERV } from '../../constants.js'
import { SO_KEEPALIVE, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY } from '../../constants.js'
import { getnameinfo } from '../../names/addrinfo.js'
import { printable } from '../../printable.js'
import { refuseHandshakes, settleMs } from '../../sockets/accepting.js'
import { Socket } from '../../sockets/socket.js'
import { Thread } from '../../thread.js'
import { release } from './server.js'
import { UnixPath } from '../../descriptors/unix-path.js'
import type { ServerTask } from './thread.js'

/** Where to listen. */
export interface Place {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  family: number
  address: SocketAddress
  /** The number of clients that may wait to be accepted. listen(2) */
  backlog: number
}

/** Serves the clients of `listener` until `stop` becomes and stays readable; then closes the listener and resolves. */
export type Mode = (listener: Socket, stop: Socket) => Promise<void>

/** A mode whose module, in a thread of its own, exports `serve(server, settings)`. */
export const inThread =
  (module: URL, settings?: unknown): Mode =>
  async (listener, stop) => {
    const task: ServerTask = { module: module.href, settings, stop: stop.fd }
    const thread = new Thread(new URL('./thread.js', import.meta.url), task, listener.fd)
    await thread.begun
    const exit = once(thread.worker, 'exit') // rejects with its error
    release(listener)
    await exit
  }

/**
 * Listens, prints `listening on HOST:PORT` (or the path), and serves by `mode` until it has stopped. At the signal no further client
 * can connect. The mode stops a short time later, when those that have connected by then have sent their request.
 */
export async function serve(place: Place, mode: Mode): Promise<void> {
  const listener = open(place)
  const file = 'path' in place.address ? new UnixPath(String(place.address.path)) : undefined
  const remove = (): void => file?.remove()
  using gate = listener.dup() // the mode owns the other; closed before the mode closes that
  const refuse = (): boolean => {
    remove()
    const refuses = file !== undefined || refuseHandshakes(gate.fd)
    release(gate)
    return refuses
  }
  try {
    using stop = stopAtSignal(refuse) // held here: the threads of a mode only have its number
    console.log(`listening on ${printable(nameOf(listener.getsockname()))}`)
    await mode(listener, stop)
  } finally {
    remove()
  }
}

function open({ family, address, backlog }: Place): Socket {
  const listener = new Socket(family, SOCK_STREAM)
  try {
    if (family !== AF_UNIX) {
      listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
      // Clients' sockets inherit these from the listener: answers are sent at once, even in small segments, and an idle client that
      // is gone without a word is found out. tcp(7)
      listener.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
      listener.setsockopt(SOL_SOCKET, SO_KEEPALIVE, true)
    }
    listener.bind(address)
    listener.listen(backlog)
    return listener
  } catch (error) {
    listener.close()
    throw error
  }
}

/** `127.0.0.1:9999`, `[::1]:9999`, a path, `@` and an abstract name, or an empty string for an unnamed socket. */
export function nameOf(address: SocketAddress): string {
  if (address.family === 'unix') {
    if ('abstract' in address) return `@${Buffer.from(address.abstract as Uint8Array).toString()}`
    return 'path' in address ? String(address.path) : ''
  }
  const [host, port] = getnameinfo(address, NI_NUMERICHOST | NI_NUMERICSERV)
  return address.family === 'IPv6' ? `[${host}]:${port}` : `${host}:${port}`
}

// The first signal requests a stop: `stop` is at end-of-file from then on, or a short time later if `refuse` keeps new clients
// out. The second ends the process.
function stopAtSignal(refuse: () => boolean): Socket {
  const [stop, other] = Socket.pair()
  let asked = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!asked) {
      asked = true
      setTimeout(() => release(other), refuse() ? settleMs : 0)
      return
    }
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    process.kill(process.pid, signal)
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return stop
}
