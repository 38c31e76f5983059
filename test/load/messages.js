// Sends numbered messages on each floor that has messages, over UDP, TCP and Unix datagrams, and checks that each arrives
// once, whole and in order. Unix datagrams and TCP promise that. UDP does not, but over loopback the kernel drops only what
// the receive buffer has no room for: here fewer are under way.
//
//   node test/load/messages.js [MESSAGES]
//
// MESSAGES is the number in all; default: the variable MESSAGES, or ten million.
import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { AF_INET, AF_UNIX, MessageBatch, SO_RCVBUF, SOCK_DGRAM, Socket, SOL_SOCKET } from 'bsd-sockets'
import { Socket as AsyncSocket } from 'bsd-sockets/promises'
import { attach, connect, listen } from 'bsd-sockets/reactor'

const total = Number(process.argv[2] ?? process.env.MESSAGES ?? 10_000_000)
const batchSize = 64
const size = 32
const mostUnderWay = 1024 // of UDP: much less than the receive buffer holds

/** Numbered messages, to be sent and to be checked. */
class Messages {
  constructor(count) {
    this.count = count
    this.sent = 0
    this.received = 0
  }

  /** The numbers of messages to put into the next batch; `limit`: how many may be under way. */
  next(limit = Infinity) {
    return Math.min(batchSize, this.count - this.sent, limit - (this.sent - this.received))
  }

  write(bytes, number, offset = 0) {
    bytes.writeUInt32LE(number, offset)
    bytes.writeUInt32LE(~number >>> 0, offset + 4)
    bytes.fill(number & 0xff, offset + 8, offset + size)
  }

  check(bytes, offset = 0) {
    const number = bytes.readUInt32LE(offset)
    assert.equal(number, this.received, 'a message is lost, or comes twice, or in another order')
    assert.equal(bytes.readUInt32LE(offset + 4), ~number >>> 0)
    assert.equal(bytes[offset + size - 1], number & 0xff)
    this.received++
  }

  checkBatch(batch, count) {
    for (let i = 0; i < count; i++) {
      const bytes = batch.bytes(i)
      assert.equal(bytes.length, size)
      this.check(bytes)
    }
  }
}

const newBatch = () => new MessageBatch(batchSize, size, { nameSize: 0 })
const message = Buffer.alloc(size)

function fill(batch, messages, count) {
  for (let i = 0; i < count; i++) {
    messages.write(message, messages.sent + i)
    batch.set(i, message)
  }
}

const pairs = {
  unix: Class => Class.pair(AF_UNIX, SOCK_DGRAM),
  udp(Class) {
    const receiver = new Class(AF_INET, SOCK_DGRAM)
    receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)
    receiver.bind(['127.0.0.1', 0])
    const sender = new Class(AF_INET, SOCK_DGRAM)
    sender.bind(['127.0.0.1', 0])
    const [to, from] = [receiver.getsockname(), sender.getsockname()]
    for (const [socket, address] of [
      [sender, to],
      [receiver, from],
    ])
      if (Class === Socket) socket.connect(address)
      else void socket.connect(address) // of a datagram socket: at once
    return [sender, receiver]
  },
}
const limits = { unix: Infinity, udp: mostUnderWay }

// sendmmsg(2) and recvmmsg(2) in turn, in one thread.
function calls(place, messages) {
  const [sender, receiver] = pairs[place](Socket)
  const [out, into] = [newBatch(), newBatch()]
  while (messages.received < messages.count) {
    const count = messages.next(limits[place])
    fill(out, messages, count)
    if (count > 0) messages.sent += sender.trySendmmsg(out, count) ?? 0
    for (let some; (some = receiver.tryRecvmmsg(into)) !== null;) messages.checkBatch(into, some)
  }
  sender.close()
  receiver.close()
}

async function promises(place, messages) {
  const [sender, receiver] = pairs[place](AsyncSocket)
  const out = newBatch()
  async function send() {
    while (messages.sent < messages.count) {
      const count = messages.next(limits[place])
      fill(out, messages, count)
      for (let at = 0; at < count;) {
        const some = await sender.sendmmsg(out, count - at, 0, at)
        at += some
        messages.sent += some
      }
      if (count === 0) await turn()
    }
  }
  async function receive() {
    const into = newBatch()
    while (messages.received < messages.count) messages.checkBatch(into, await receiver.recvmmsg(into))
  }
  await Promise.all([send(), receive()])
  sender.close()
  receiver.close()
}

async function reactor(place, messages) {
  const [sender, receiver] = pairs[place](Socket)
  const out = newBatch()
  await new Promise((resolve, reject) => {
    let at = 0
    let count = 0
    function send() {
      for (;;) {
        if (at === count) {
          at = 0
          count = messages.next(limits[place])
          if (count === 0) return
          fill(out, messages, count)
        }
        const some = from.send(out, count - at, at)
        at += some
        messages.sent += some
        if (at < count) return
      }
    }
    const from = attach(sender, { drain: send, error: reject })
    const to = attach(receiver, {
      messageSize: size,
      messages(_, batch, some) {
        messages.checkBatch(batch, some)
        if (place === 'udp') send() // there is room for more
        if (messages.received < messages.count) return
        from.close()
        to.close()
        resolve()
      },
      error: reject,
    })
    send()
  })
}

// TCP knows no messages: they are pieces of a stream.
async function tcp(messages) {
  const buffer = Buffer.alloc(batchSize * size)
  await new Promise((resolve, reject) => {
    let rest = Buffer.alloc(0)
    const server = listen({
      data(connection, bytes) {
        const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
        const end = all.length - (all.length % size)
        for (let at = 0; at < end; at += size) messages.check(all, at)
        rest = Buffer.from(all.subarray(end))
      },
      close() {
        server.close()
        resolve()
      },
      error: reject,
    })
    const send = client => {
      for (;;) {
        const count = messages.next()
        if (count === 0) return client.end()
        for (let i = 0; i < count; i++) messages.write(buffer, messages.sent + i, i * size)
        messages.sent += count
        if (!client.write(buffer.subarray(0, count * size))) return
      }
    }
    connect({ port: server.address.port, open: send, drain: send, error: reject })
  })
}

async function tcpPromises(messages) {
  const [sender, receiver] = await connected()
  const buffer = Buffer.alloc(batchSize * size)
  async function send() {
    for (let count; (count = messages.next()) > 0;) {
      for (let i = 0; i < count; i++) messages.write(buffer, messages.sent + i, i * size)
      messages.sent += count
      await sender.sendall(buffer.subarray(0, count * size))
    }
    sender.close()
  }
  async function receive() {
    const room = Buffer.alloc(256 * 1024)
    for (let held = 0, some; (some = await receiver.recvInto(room.subarray(held))) > 0;) {
      const all = held + some
      held = all % size
      for (let at = 0; at < all - held; at += size) messages.check(room, at)
      room.copyWithin(0, all - held, all)
    }
    receiver.close()
  }
  await Promise.all([send(), receive()])
}

async function connected() {
  const listener = new AsyncSocket()
  listener.bind(['127.0.0.1', 0])
  listener.listen()
  const sender = new AsyncSocket()
  await sender.connect(listener.getsockname())
  const [receiver] = await listener.accept()
  listener.close()
  return [sender, receiver]
}

const ways = {
  'unix, sendmmsg and recvmmsg': messages => calls('unix', messages),
  'unix, promises': messages => promises('unix', messages),
  'unix, reactor': messages => reactor('unix', messages),
  'udp, sendmmsg and recvmmsg': messages => calls('udp', messages),
  'udp, promises': messages => promises('udp', messages),
  'udp, reactor': messages => reactor('udp', messages),
  'tcp, promises': tcpPromises,
  'tcp, reactor': tcp,
}

const names = Object.keys(ways)
let all = 0
const began = performance.now()
for (const name of names) {
  const messages = new Messages(Math.ceil(total / names.length))
  const start = performance.now()
  await ways[name](messages)
  assert.equal(messages.received, messages.count, name)
  all += messages.received
  console.log(`${name}: ${messages.received} messages, ${((performance.now() - start) / 1000).toFixed(1)} s`)
}
console.log(`${all} messages, each once, whole and in order, ${((performance.now() - began) / 1000).toFixed(1)} s`)
