// The clients of networks.js, in a process of their own inside a network. It is sent jobs, one after the other or several at a time, and
// sends their results: `{ number, result }`, or `{ number, failure }` for what no caller should ever see.
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { AF_INET, SHUT_WR, SO_LINGER, SOCK_DGRAM, SOL_SOCKET } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { connected, floors } from './floors.js'
import { bytesOf, protocols } from './protocols.js'

/** The result of an action; or of its error what a caller may rely on. An error without a code is a fault of the package. */
async function outcome(action) {
  try {
    return { ...(await action()) }
  } catch (error) {
    if (typeof error.code !== 'string' || typeof error.syscall !== 'string') throw error
    return { error: `${error.syscall} ${error.code}` }
  }
}

const held = []

function drop(socket) {
  socket.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0])) // close(2) sends a reset
  socket.close()
}

const requestHead = 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n'

const jobs = {
  /** All bytes there and back. */
  async transfer({ floor, target, protocol, seed, size }) {
    const exchange = new protocols[protocol](seed, size)
    const { error } = await outcome(() => floors[floor](target, exchange.source(), bytes => exchange.take(bytes)))
    return { error, right: error === undefined && exchange.right(), received: exchange.received }
  },

  /** Sends and never reads, until no byte goes out any more; the connection stays. */
  async neverRead({ target, protocol, seed, size }) {
    const socket = await connected(target)
    held.push(socket)
    const exchange = new protocols[protocol](seed, size)
    let sent = 0
    for (const piece of exchange.source()) {
      for (let at = 0; at < piece.length;) {
        const { result, error } = await outcome(async () => ({
          result: await socket.send(piece.subarray(at), 0, { timeout: 1000 }),
        }))
        if (error !== undefined) return { sent, error }
        sent += result
        at += result
      }
    }
    return { sent }
  },

  /** Sends a byte at a time, `pause` milliseconds apart; what has come back then. */
  async trickle({ target, protocol, bytes, pause }) {
    const socket = await connected(target)
    const said = protocol === 'http' ? requestHead : 'abcdefghijklmnopqrstuvwxyz'
    let heard = ''
    const listen = async () => {
      for await (const part of socket.chunks()) heard += part
    }
    const listening = outcome(listen)
    const { error } = await outcome(async () => {
      for (const byte of said.slice(0, bytes)) {
        await socket.sendall(byte)
        await sleep(pause)
      }
    })
    if (error === undefined && protocol === 'echo') socket.shutdown(SHUT_WR)
    const heardAll = await listening
    socket.close()
    return {
      error: error ?? heardAll.error,
      heard: protocol === 'echo' ? heard === said.slice(0, bytes) : heard.split('\r\n')[0],
    }
  },

  /** Connects and resets the connection at once, so many times. */
  async reset({ target, count }) {
    for (let i = 0; i < count; i++) drop(await connected(target))
    return {}
  },

  /** Connects so many times, and keeps the connections. */
  async hold({ target, count }) {
    return outcome(async () => {
      for (let i = 0; i < count; i++) held.push(await connected(target))
    })
  },

  /** Resets so many of the connections that are kept; default: all. */
  release({ count = held.length }) {
    for (const socket of held.splice(0, count)) drop(socket)
    return {}
  },

  /** Numbered datagrams, `window` of them under way at most: what comes back was sent, whatever the network does. */
  async datagrams({ target, seed, count, window }) {
    const socket = new Socket(AF_INET, SOCK_DGRAM)
    const seen = new Map()
    let [wrong, received] = [0, 0]
    const datagram = number => {
      const head = Buffer.alloc(4)
      head.writeUInt32BE(number)
      return Buffer.concat([head, ...bytesOf(seed + number, 1 + (number % 900))])
    }
    try {
      await socket.connect([target.address, target.port])
      const receive = async () => {
        for (;;) {
          const bytes = await socket.recv(2048, 0, { timeout: target.quiet })
          const number = bytes.length < 4 ? count : bytes.readUInt32BE()
          received += bytes.length
          if (number >= count || !bytes.equals(datagram(number))) wrong++
          seen.set(number, (seen.get(number) ?? 0) + 1)
        }
      }
      const receiving = outcome(receive)
      for (let number = 0; number < count; number++) {
        await socket.send(datagram(number))
        for (let i = 0; i < target.timeout && number + 1 - seen.size >= window; i += 2) await sleep(2)
        if (number % 16 === 15) await sleep(5)
      }
      const { error } = await receiving
      const doubled = [...seen.values()].filter(times => times > 1).length
      return { error, arrived: seen.size, doubled, wrong, received }
    } finally {
      socket.close()
    }
  },

  /** The descriptors that this process has beyond those of its start, once all that is kept was released. */
  async left() {
    for (let i = 0; i < 100 && descriptors() > before; i++) await sleep(10)
    return { left: descriptors() - before }
  },
}

const descriptors = () => readdirSync('/proc/self/fd').length

// The poller is opened once, and kept.
await connected({ address: '127.0.0.1', port: 1, timeout: 1000 }).catch(() => undefined)
const before = descriptors()
process.on('message', async ({ number, what, ...job }) => {
  try {
    process.send({ number, result: await jobs[what](job) })
  } catch (error) {
    process.send({ number, failure: error.stack })
  }
})
process.on('disconnect', () => process.exit())
process.send({ number: 0, result: {} })
