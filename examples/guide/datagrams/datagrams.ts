// Messages instead of a stream: each send is one datagram, and each receive returns one.
import { AF_INET, ConnectionRefusedError, SOCK_DGRAM, Socket } from 'bsd-sockets'

const server = new Socket(AF_INET, SOCK_DGRAM)
server.bind(['127.0.0.1', 0])
const client = new Socket(AF_INET, SOCK_DGRAM)
const address = server.getsockname()

for (const message of ['one', '', 'three words here']) client.sendto(message, address)
const [first, sender] = server.recvfrom(100)
console.log('received', first.toString())
console.log('then a datagram of', server.recvfrom(100)[0].length)
console.log('then 5 bytes of a longer one:', server.recvfrom(5)[0].toString())

server.sendto('answer', sender)
console.log('client receives', client.recv(100).toString())

client.connect(address) // sends nothing: from now on it has one peer
client.send('by send')
console.log('received', server.recv(100).toString())

server.close()
client.send('to nobody')
try {
  client.recv(100)
} catch (error) {
  if (!(error instanceof ConnectionRefusedError)) throw error
  console.log('nobody is there:', error.code)
}
client.close()
