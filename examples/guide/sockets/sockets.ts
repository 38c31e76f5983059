// What a socket is: a number, a queue of bytes for each direction, and the calls of a file.
import { readlinkSync } from 'node:fs'
import { AF_UNIX, Socket, SOCK_STREAM } from 'bsd-sockets'

const [left, right] = Socket.pair(AF_UNIX, SOCK_STREAM)
console.log('two numbers:', left.fd < right.fd)
if (process.platform === 'linux') console.log('each names a', readlinkSync(`/proc/self/fd/${left.fd}`).split(':')[0])

left.sendall('hello')
console.log('right receives', right.recv(100).toString())
right.sendall('hello yourself')
console.log('left receives', left.recv(5).toString(), 'and then', left.recv(100).toString())

left.close()
console.log('after the last byte:', right.recv(100).length)
right.close()
