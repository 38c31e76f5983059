// Runs a conversation with the reactor.
import { Socket, SO_LINGER, SocketError, SOL_SOCKET, SHUT_WR, AF_INET, AF_UNIX } from 'bsd-sockets'
import { Socket as Pair } from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'
import type { Connection } from 'bsd-sockets/reactor'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { payload, runs } from './program.js'
import type { Conversation, State } from './conversation.js'

let named = 0

/** The state after each turn. */
export async function hold({ kind, halfOpen, turns }: Conversation): Promise<State[]> {
  const state: State = { data: '', ended: false, closed: false, peer: '' }
  const received: Buffer[] = []
  let connection: Connection | undefined
  const where = kind === 'tcp' ? { port: 0 } : { path: `\0conversation-${process.pid}-${named++}` }
  const server = listen({
    ...where,
    open: opened => (connection = opened),
    data: (_, bytes) => received.push(Buffer.from(bytes)),
    ...(halfOpen && { end: () => (state.ended = true) }),
    close: (_, error) => (state.closed = error === undefined || (error as NodeJS.ErrnoException).code!),
  })
  using peer = new Socket(kind === 'tcp' ? AF_INET : AF_UNIX)
  const heard: Buffer[] = []
  try {
    peer.connect(server.address)
    while (connection === undefined) await turnOfTheLoop()
    const states: State[] = []
    for (const [index, turn] of turns.entries()) {
      take(connection, peer, index, turn, heard)
      await quiet()
      states.push({ ...state, data: runs(Buffer.concat(received)), peer: runs(Buffer.concat(heard)) })
    }
    return states
  } finally {
    server.close()
  }
}

function take(
  connection: Connection,
  peer: Socket,
  index: number,
  turn: Conversation['turns'][number],
  heard: Buffer[],
): void {
  switch (turn.op) {
    case 'write':
      return write(connection, payload(index, turn.size))
    case 'end':
      return connection.end()
    case 'destroy':
      return connection.destroy()
    case 'pause':
      return connection.pause()
    case 'resume':
      return connection.resume()
  }
  if (peer.closed) return
  try {
    switch (turn.op) {
      case 'send':
        return void peer.trySend(payload(index, turn.size))
      case 'shutdown':
        return peer.shutdown(SHUT_WR)
      case 'reset':
        peer.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]))
        return peer.close()
      case 'close':
        return peer.close()
      case 'receive':
        for (let bytes = peer.tryRecv(65536); bytes !== null && bytes.length > 0; bytes = peer.tryRecv(65536))
          heard.push(bytes)
    }
  } catch (error) {
    if (!(error instanceof SocketError)) throw error // failures of the peer are ignored
  }
}

function write(connection: Connection, bytes: Buffer): void {
  try {
    connection.write(bytes)
  } catch (error) {
    if (!(error instanceof SocketError && error.code === 'EPIPE')) throw error // it is ending already
  }
}

// The kernel delivers packets on the loopback at once, and events arrive in their order. So a message on a separate pair of
// sockets arrives after everything that was sent before it. A turn of the loop comes before each message, for what the
// reactor defers; the result of that may need the next message.
async function quiet(): Promise<void> {
  const [near, far] = Pair.pair()
  try {
    for (let i = 0; i < 6; i++) {
      await turnOfTheLoop()
      const heard = far.recv(1)
      near.trySend('x')
      await heard
    }
  } finally {
    near.close()
    far.close()
  }
}
