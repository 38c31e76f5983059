// The methods of bsd-sockets/promises: first without waiting, when each makes its system call at once; then with waiting.
import { openSync, writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { AF_INET, AF_UNIX, MessageBatch, SHUT_WR, SOCK_DGRAM } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

const room = Buffer.alloc(8)

// Without waiting
const [left, right] = Socket.pair()
await left.send('hello')
await right.recv(1024)
await left.sendall('hello')
await right.recvInto(room)
const receiver = new Socket(AF_INET, SOCK_DGRAM)
receiver.bind({ address: '127.0.0.1', port: 0 })
const sender = new Socket(AF_INET, SOCK_DGRAM)
const address = receiver.getsockname()
await sender.sendto('hello', address)
await receiver.recvfrom(1024)
await sender.sendto('hello', address)
await receiver.recvfromInto(room)
await sender.connect(address)
await left.writable()
await left.send('hello')
await right.readable()
await right.recvInto(room)

// After sixteen calls in a row, the next waits for a turn of the event loop. The first such turn creates the poller. The
// phase in which a program starts depends on the version of Node: setImmediate sets it.
await setImmediate()
const [busy, peer] = Socket.pair()
for (let count = 14; count <= 17; count++) await busy.send('x')
busy.close()
peer.close()

// Messages: several views, control messages, descriptors, batches; and a file
const [one, other] = Socket.pair(AF_UNIX, SOCK_DGRAM)
await one.sendmsg(['hello ', 'world'])
await other.recvmsg(1024)
await one.sendmsg(['hello'])
await other.recvmsgInto([room])
await one.sendFds('hello', [one])
await other.recvFds(1024, 0)
await one.sendallFds('hello', [one])
await other.recvFds(1024, 0)
const batch = new MessageBatch(1, 5, { family: AF_UNIX, nameSize: 0 })
batch.set(0, 'hello')
await one.sendmmsg(batch)
await other.recvmmsg(batch)
await one.send('hello')
for await (const { data } of other.messages({ size: 5, batch: 1 })) if (data.length === 5) break
writeFileSync('file', 'hello')
await left.sendfile(openSync('file', 'r'), 0, 5)
await right.recv(5)

// The first wait of a socket registers it with the poller
const first = right.recv(1024)
await left.send('hello')
await first

// The second wait makes no further call
const second = right.recv(1024)
await left.send('hello')
await second

// A server and its client
const server = new Socket()
server.bind({ address: '127.0.0.1', port: 0 })
server.listen()
const port = server.getsockname()
const accepting = server.accept()
const client = new Socket()
await client.connect(port)
const [connection] = await accepting

// Iterators: chunks and connections
await client.send('hello')
for await (const chunk of connection.chunks(1024)) if (chunk.length > 0) break
await client.send('hello')
client.shutdown(SHUT_WR)
for await (const chunk of connection) room.set(chunk as Buffer)
const another = new Socket()
await another.connect(port)
for await (const [accepted] of server.connections()) {
  accepted.close()
  break
}
another.close()

// Close: a watched descriptor is first removed from the poller, because its open file may have a duplicate
for (const socket of [left, right, receiver, sender, connection, client, server]) socket.close()
