// One connection, seen from both ends: `connection server [PORT]`, and `connection client PORT`.
import { Socket, SO_REUSEADDR, SOL_SOCKET } from 'bsd-sockets'

const [role, port = '0'] = process.argv.slice(2)
const address = { address: '127.0.0.1', port: Number(port) }
if (role === 'server') serve()
else ask()

function serve(): void {
  const listener = new Socket()
  listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
  listener.bind(address)
  listener.listen()
  console.log('listening on', listener.getsockname())
  for (;;) {
    const [connection, client] = listener.accept()
    console.log('accepted', client)
    try {
      for (let data = connection.recv(1024); data.length > 0; data = connection.recv(1024)) connection.sendall(data)
    } catch (error) {
      console.log((error as Error).message) // this client has gone: on to the next
    }
    connection.close()
  }
}

function ask(): void {
  const socket = new Socket()
  socket.connect(address)
  socket.sendall('hello')
  console.log(socket.recv(1024).toString())
  socket.close()
}
