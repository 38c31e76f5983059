// The README's first example: a server that sends back what it receives, and serves one client after the other.
import { Socket, SO_REUSEADDR, SOL_SOCKET } from 'bsd-sockets'

const server = new Socket()
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
server.bind({ address: '127.0.0.1', port: Number(process.argv[2] ?? 9999) })
server.listen()
console.log('listening on', server.getsockname())
for (;;) {
  const [client] = server.accept()
  for (let data = client.recv(1024); data.length > 0; data = client.recv(1024)) client.sendall(data)
  client.close()
}
