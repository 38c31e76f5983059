// One exchange over TCP on each floor of the package: sends all pieces of `source` and half-closes, and gives `take` what arrives, until
// the peer has ended. `timeout` limits each wait, in milliseconds.
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { select, SHUT_WR, Socket } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { connect } from 'bsd-sockets/reactor'
import { toDuplex } from 'bsd-sockets/streams'

export async function connected({ address, port, timeout }) {
  const socket = new AsyncSocket()
  socket.settimeout(timeout)
  try {
    await socket.connect([address, port])
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

const largest = 65_536

async function sockets({ address, port, timeout }, source, take) {
  const socket = new Socket()
  try {
    socket.settimeout(timeout)
    socket.connect([address, port])
    let piece = source.next()
    if (piece.done) socket.shutdown(SHUT_WR)
    for (;;) {
      const [readable, writable] = select([socket], piece.done ? [] : [socket], [], timeout)
      if (readable.length + writable.length === 0) throw new Error('nothing has happened within the timeout')
      if (readable.length > 0) {
        const received = socket.tryRecv(largest)
        if (received?.length === 0) return
        if (received !== null) take(received)
      }
      if (writable.length === 0) continue
      const sent = socket.trySend(piece.value) ?? 0
      piece = sent < piece.value.length ? { done: false, value: piece.value.subarray(sent) } : source.next()
      if (piece.done) socket.shutdown(SHUT_WR)
    }
  } finally {
    socket.close()
  }
}

async function promises(target, source, take) {
  const socket = await connected(target)
  try {
    const send = async () => {
      for (const piece of source) await socket.sendall(piece)
      socket.shutdown(SHUT_WR)
    }
    const receive = async () => {
      for await (const bytes of socket.chunks(largest)) take(bytes)
    }
    await Promise.all([send(), receive()])
  } finally {
    socket.close()
  }
}

async function reactor({ address, port, timeout }, source, take) {
  await new Promise((resolve, reject) => {
    let ended = false
    const send = connection => {
      if (ended) return
      for (let piece = source.next(); !piece.done; piece = source.next()) if (!connection.write(piece.value)) return
      ended = true
      connection.end()
    }
    connect({
      ...{ address, port, timeout, idleTimeout: timeout },
      open: send,
      drain: send,
      data: (_, bytes) => take(bytes),
      end: () => undefined,
      close: (_, error) => (error === undefined ? resolve() : reject(error)),
    })
  })
}

async function streams(target, source, take) {
  const duplex = toDuplex(await connected(target))
  duplex.on('data', take)
  Readable.from(source).pipe(duplex)
  await finished(duplex)
}

export const floors = { sockets, promises, reactor, streams }
