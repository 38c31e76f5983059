// Makes every call of bsd-sockets/syscalls once. The test checks the trace.
import { writeFileSync } from 'node:fs'
import { AF_INET, AF_UNIX, encodeAddress, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from 'bsd-sockets'
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLIN, F_GETFD, F_GETFL, FIONREAD, MSG_DONTWAIT } from 'bsd-sockets'
import { O_CLOEXEC, POLLIN, SHUT_WR, SO_REUSEADDR, SO_TYPE } from 'bsd-sockets'
import * as sys from 'bsd-sockets/syscalls'

const hello = Buffer.from('hello')
const room = Buffer.alloc(8)
const address = Buffer.alloc(28)
const length = new Uint32Array([address.length])
const one = new Int32Array([1])
const four = new Uint32Array([4])
const pair = new Int32Array(2)
const pipe = new Int32Array(2)
const set = Buffer.alloc(128)
const now = Buffer.alloc(16) // a struct timeval of zeros
const pollfd = Buffer.alloc(8) // a struct pollfd
const event = Buffer.alloc(12) // a struct epoll_event

// TCP: a server, a client, and two connections
const server = sys.socket(AF_INET, SOCK_STREAM, 0)
sys.setsockopt(server, SOL_SOCKET, SO_REUSEADDR, one)
sys.getsockopt(server, SOL_SOCKET, SO_REUSEADDR, one, four)
sys.bind(server, encodeAddress({ address: '127.0.0.1', port: 0 }))
sys.listen(server, 5)
sys.getsockname(server, address, length)
const client = sys.socket(AF_INET, SOCK_STREAM, 0)
sys.connect(client, address.subarray(0, length[0]))
const first = sys.accept(server, null, null)
sys.close(first)
sys.close(client)
const other = sys.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC!, 0)
sys.connect(other, address.subarray(0, length[0]))
length[0] = address.length
const second = sys.accept4!(server, address, length, SOCK_CLOEXEC!)
sys.getpeername(other, address, length)

// Bytes, in both directions
sys.send(other, hello, 0)
sys.recv(second, room, 0)
sys.write(second, hello)
sys.read(other, room)
sys.writev(other, [hello, hello])
sys.readv(second, [room.subarray(0, 5), room.subarray(5)])
sys.recv(second, room, MSG_DONTWAIT)
sys.recv(second, room, MSG_DONTWAIT)
sys.shutdown(other, SHUT_WR)
sys.recv(second, room, 0)

// Datagrams, messages, and batches of them
sys.socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)
const [left, right] = pair as unknown as [number, number]
const receiver = sys.socket(AF_INET, SOCK_DGRAM, 0)
sys.bind(receiver, encodeAddress({ address: '127.0.0.1', port: 0 }))
length[0] = address.length
sys.getsockname(receiver, address, length)
const sender = sys.socket(AF_INET, SOCK_DGRAM, 0)
sys.sendto(sender, hello, 0, address.subarray(0, length[0]))
sys.recvfrom(receiver, room, 0, address, length)
const message = { iov: [hello], control: null, name: null, nameLength: 0, controlLength: 0, flags: 0 }
sys.sendmsg(left, message, 0)
sys.recvmsg(right, { ...message, iov: [room] }, 0)
const batch = new sys.MessageBatch(2, 5)
batch.data.write('helloworld')
batch.results.fill(5)
sys.sendmmsg!(left, batch, 0)
sys.recvmmsg!(right, batch, 0)

// Waiting
sys.write(left, hello)
sys.FD_ZERO(set)
sys.FD_SET(right, set)
sys.select(right + 1, set, null, null, now)
sys.FD_ISSET(right, set)
sys.FD_CLR(right, set)
pollfd.writeInt32LE(right, 0)
pollfd.writeInt16LE(POLLIN, 4)
sys.poll(pollfd, 0)
const epoll = sys.epoll_create1!(EPOLL_CLOEXEC!)
event.writeUInt32LE(EPOLLIN!, 0)
event.writeInt32LE(right, 4)
sys.epoll_ctl!(epoll, EPOLL_CTL_ADD!, right, event)
sys.epoll_wait!(epoll, event, 0)

// Files, pipes and descriptors
writeFileSync('file', 'hello')
const file = sys.open(Buffer.from('file'), O_CLOEXEC)
sys.sendfile(left, file, new BigInt64Array([1n]), 4)
sys.pipe2!(pipe, O_CLOEXEC)
const [out, into] = pipe as unknown as [number, number]
sys.write(into, hello)
sys.splice!(out, null, second, null, 5, 0)
sys.memfd_create!('memory', 1) // MFD_CLOEXEC
sys.fcntl(left, F_GETFL)
sys.fcntl(left, F_GETFD)
sys.ioctl(right, FIONREAD)
const self = sys.pidfd_open!(process.pid, 0)
sys.pidfd_getfd!(self, right, 0)

// A failed call returns a number. A wrong argument throws, without a system call
sys.close(-1)
sys.getsockopt(out, SOL_SOCKET, SO_TYPE, one, four)
const wrong = (call: () => number) => {
  try {
    call()
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
  }
}
wrong(() => sys.close(NaN))
wrong(() => sys.recv(-(2 ** 31) - 1, room, 0))
wrong(() => sys.send(left, 'hello' as unknown as Buffer, 0))
wrong(() => sys.getsockopt(left, SOL_SOCKET, SO_TYPE, one, new Uint32Array(0)))
wrong(() => sys.fcntl(left, 1 << 30))
wrong(() => sys.ioctl(left, 1 << 30))
wrong(() => sys.select(2 ** 20, set, null, null, now))

// Functions of C that make no system call of their own
sys.htonl(1)
sys.htons(1)
sys.ntohl(1)
sys.ntohs(1)
sys.inet_pton(AF_INET, '127.0.0.1')
sys.inet_ntop(AF_INET, Buffer.from([127, 0, 0, 1]))
sys.inet_aton('127.1')
sys.inet_ntoa(Buffer.from([127, 0, 0, 1]))
sys.CMSG_LEN(4)
sys.CMSG_SPACE(4)
sys.if_nametoindex('lo')
sys.if_indextoname(1)
sys.if_nameindex()
