// Bytes are not messages: a server that answers each line with the same line in capitals.
import { SO_REUSEADDR, Socket, SOL_SOCKET } from 'bsd-sockets'

const longest = 1000 // bytes: a peer may send a line without an end

/** Answers each complete line; the bytes after the last one wait for more. */
function converse(connection: Socket): void {
  let bytes = Buffer.alloc(0)
  for (let data = connection.recv(4096); data.length > 0; data = connection.recv(4096)) {
    bytes = Buffer.concat([bytes, data])
    for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n')) {
      connection.sendall(`${bytes.subarray(0, end).toString().toUpperCase()}\n`)
      bytes = bytes.subarray(end + 1)
    }
    if (bytes.length > longest) return
  }
}

const listener = new Socket()
listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
listener.bind(['127.0.0.1', Number(process.argv[2] ?? 0)])
listener.listen()
console.log('listening on', listener.getsockname())
for (;;) {
  const [connection] = listener.accept()
  try {
    converse(connection)
  } catch (error) {
    console.log((error as Error).message) // this client has gone: on to the next
  }
  connection.close()
}
