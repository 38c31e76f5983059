// The exercise of the chapter on one connection: the server counts its clients.
import { Socket } from 'bsd-sockets'

const listener = new Socket()
listener.bind(['127.0.0.1', Number(process.argv[3] ?? 0)])
listener.listen()
console.log('listening on', listener.getsockname())
for (let count = 1; ; count++) {
  const [connection] = listener.accept()
  try {
    let before = `${count} `
    for (let data = connection.recv(1024); data.length > 0; data = connection.recv(1024)) {
      connection.sendall(Buffer.concat([Buffer.from(before), data]))
      before = ''
    }
  } catch (error) {
    console.log((error as Error).message)
  }
  connection.close()
}
