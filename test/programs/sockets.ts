// Every method of the synchronous Socket that makes a system call: first without waiting, then with waiting.
import { openSync, writeFileSync } from 'node:fs'
import { AF_INET, AF_UNIX, IPPROTO_TCP, MSG_PEEK, SHUT_WR, SO_RCVBUF, SO_REUSEADDR, SOL_SOCKET } from 'bsd-sockets'
import { createConnection, createServer, MessageBatch, poll, POLLIN, select, Socket } from 'bsd-sockets'
import { SOCK_DGRAM, TCP_CORK } from 'bsd-sockets'

// TCP: a server, a client, and a connection
const server = new Socket()
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
server.getsockopt(SOL_SOCKET, SO_REUSEADDR)
server.bind({ address: '127.0.0.1', port: 0 })
server.listen(5)
const address = server.getsockname()
server.tryAccept()
const client = new Socket()
client.connect(address)
const [connection] = server.accept()
connection.getpeername()

// Bytes, in both directions
const room = Buffer.alloc(8)
client.send('hello')
connection.recv(1024)
client.sendall('hello')
connection.recvInto(room, MSG_PEEK)
connection.tryRecvInto(room)
connection.tryRecv(1024)
connection.trySend('hello')
client.tryRecv(1024)

// Datagrams
const receiver = new Socket(AF_INET, SOCK_DGRAM)
receiver.bind(['', 0])
const { port } = receiver.getsockname() as { port: number }
const sender = new Socket(AF_INET, SOCK_DGRAM)
sender.sendto('hello', ['127.0.0.1', port])
receiver.recvfrom(1024)
sender.trySendto('hello', ['127.0.0.1', port])
receiver.recvfromInto(room)
sender.tryConnect(['127.0.0.1', port])
sender.send('hello')
receiver.tryRecvfrom(1024)
receiver.tryRecvfromInto(room)

// Messages: several views, control messages, descriptors, batches
const [left, right] = Socket.pair(AF_UNIX, SOCK_DGRAM)
left.sendmsg(['hello ', 'world'])
right.recvmsg(1024)
left.trySendmsg(['hello'])
right.recvmsgInto([room.subarray(0, 3), room.subarray(3)])
left.sendFds('hello', [left])
const { fds } = right.recvFds(1024, 1)
left.trySendFds('hello', [left])
right.tryRecvFds(1024, 0)
left.sendallFds('hello', [left])
right.tryRecvFds(1024, 0)
right.tryRecvmsg(1024)
right.tryRecvmsgInto([room])
const batch = new MessageBatch(2, 5, { family: AF_UNIX, nameSize: 0 })
batch.data.write('helloworld')
batch.results.fill(5)
for (const i of [0, 1]) batch.results[i * 4 + 1] = 0
left.sendmmsg(batch)
right.recvmmsg(batch)
left.trySendmmsg(batch, 1)
right.tryRecvmmsg(batch)

// A file
writeFileSync('file', 'hello')
const file = openSync('file', 'r')
const [into] = Socket.pair()
into.sendfile(file)
into.sendfile(file, 1, 3)
into.trySendfile(file, 1, 3)

// Descriptors
const copy = left.dup()
left.getInheritable()
left.setInheritable(true)
const fd = copy.detach()
const taken = Socket.fromFd(fd)
taken.setsockopt(SOL_SOCKET, SO_RCVBUF, 65536)
taken.fileno()
fds[0]!.close()

// Several at once
select([left], [right], [], 0)
poll([left, [right, POLLIN]], 0)

// Waiting. The kernel sends corked bytes after 200 ms: tcp(7), TCP_CORK
client.setsockopt(IPPROTO_TCP, TCP_CORK!, true)
client.send('later')
connection.recv(1024)
left.setblocking(false)
attempt(() => left.recv(1024))
left.settimeout(150)
attempt(() => left.recv(1024))
attempt(() => createConnection(['127.0.0.1', 1]))
left.interrupter()
attempt(() => left.recv(1024)) // another thread could end it

function attempt(call: () => unknown) {
  try {
    call()
  } catch {
    // the trace shows the error
  }
}

// The end
client.shutdown(SHUT_WR)
connection.close()
connection.close()
left.getblocking()
left.gettimeout()
const other = createServer(['127.0.0.1', 0])
other[Symbol.dispose]()
