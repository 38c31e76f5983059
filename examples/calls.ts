// Prints two tables. Each method of the library makes the system call of the same name. A trace shows this:
//   BSD_SOCKETS_TRACE=1 node calls.js
//   strace -e trace=socket,bind,connect,listen,accept,accept4,read,write,recvfrom,sendto,shutdown,getsockopt,setsockopt,close node calls.js
import { parseArgs } from 'node:util'
import { AF_INET, encodeAddress, SHUT_WR, SO_ERROR, SO_REUSEADDR, SOCK_STREAM, Socket, SOL_SOCKET } from 'bsd-sockets'
import * as kernel from 'bsd-sockets/syscalls'

const { values } = parseArgs({ options: { port: { type: 'string', default: '9998' } } })
const address = { address: '127.0.0.1', port: Number(values.port) }

function row(call: string, result: number): number {
  if (result < 0) throw new Error(`${call}: errno ${-result}`)
  console.log(`  ${call.padEnd(34)} = ${result}`)
  return result
}

console.log("The kernel's calls: integers and bytes in, an integer out")
const four = new Uint32Array([4])
const room = Buffer.alloc(128)
const length = new Uint32Array([room.length])
const s = row('socket(AF_INET, SOCK_STREAM, 0)', kernel.socket(AF_INET, SOCK_STREAM, 0))
row('setsockopt(s, SO_REUSEADDR)', kernel.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, new Int32Array([1])))
row('bind(s, ip:port)', kernel.bind(s, encodeAddress(address)))
row('listen(s, 5)', kernel.listen(s, 5))
row('getsockname(s)', kernel.getsockname(s, room, length)) // the port, where 0 asked for any
const c = row('socket(AF_INET, SOCK_STREAM, 0)', kernel.socket(AF_INET, SOCK_STREAM, 0))
row('connect(c, ip:port)', kernel.connect(c, room.subarray(0, length[0])))
const peer = row('accept(s)', kernel.accept(s, null, null))
row('write(c, "hello", 5)', kernel.write(c, Buffer.from('hello')))
row('read(peer, buffer, 1024)', kernel.read(peer, Buffer.alloc(1024)))
row('shutdown(c, SHUT_WR)', kernel.shutdown(c, SHUT_WR))
row('read(peer, buffer, 1024)', kernel.read(peer, Buffer.alloc(1024))) // 0: it has stopped sending
row('getsockopt(peer, SO_ERROR)', kernel.getsockopt(peer, SOL_SOCKET, SO_ERROR, new Int32Array(1), four))
for (const fd of [peer, c, s]) row(`close(${fd})`, kernel.close(fd))

console.log("The library's methods: what fails is thrown, what comes back is typed")
const server = new Socket()
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
server.bind(address)
server.listen(5)
const client = new Socket()
client.connect(server.getsockname())
const [accepted, from] = server.accept()
console.log('  accept()  ', from)
console.log('  send()    ', client.send('hello', 0)) // flags 0: what write does
console.log('  recv()    ', accepted.recv(1024, 0).toString()) // flags 0: what read does
client.shutdown(SHUT_WR)
console.log('  recv()    ', accepted.recv(1024).length, 'bytes: the client has stopped sending')
console.log('  SO_ERROR  ', accepted.getsockopt(SOL_SOCKET, SO_ERROR))
for (const socket of [accepted, client, server]) socket.close()
