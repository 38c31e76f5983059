// Messages of a fixed length that both peers know: `node my-socket.js server`, then `node my-socket.js client`.
import { parseArgs } from 'node:util'
import { MySocket, SO_REUSEADDR, Socket, SOL_SOCKET } from 'bsd-sockets'

const { values, positionals } = parseArgs({
  options: { host: { type: 'string', default: 'localhost' }, port: { type: 'string', default: '9000' } },
  allowPositionals: true,
})
const MSGLEN = 4096
const port = Number(values.port)

if (positionals[0] === 'client') ask()
else serve()

function ask(): void {
  const socket = new MySocket(MSGLEN)
  socket.connect(values.host, port)
  for (const text of ['a message', 'and another']) {
    socket.mysend(Buffer.alloc(MSGLEN, ' ').fill(text, 0, Buffer.byteLength(text)))
    console.log(`Received '${socket.myreceive().toString().trimEnd()}'`)
  }
  socket.close()
}

function serve(): never {
  const server = new Socket()
  server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
  server.bind({ address: '127.0.0.1', port })
  server.listen(5)
  console.log('listening on', server.getsockname())
  for (;;) {
    const [client] = server.accept()
    const socket = new MySocket(MSGLEN, client)
    try {
      for (;;) socket.mysend(socket.myreceive().toString().toUpperCase())
    } catch (error) {
      console.log((error as Error).message) // socket connection broken: so ends every conversation
    } finally {
      socket.close()
    }
  }
}
