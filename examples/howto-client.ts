// A client of a web server: `node howto-client.js example.com`, or `--port 5000` for http-from-nothing.
import { parseArgs } from 'node:util'
import { getaddrinfo, SHUT_WR, SOCK_STREAM, Socket } from 'bsd-sockets'

const { values, positionals } = parseArgs({
  options: { port: { type: 'string', default: '80' } },
  allowPositionals: true,
})
const host = positionals[0] ?? 'localhost'

const [found] = getaddrinfo(host, values.port, { type: SOCK_STREAM })
const socket = new Socket(found!.family, found!.type, found!.protocol)
socket.connect(found!.address)
socket.sendall(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
for (let data = socket.recv(4096); data.length > 0; data = socket.recv(4096)) process.stdout.write(data)
socket.shutdown(SHUT_WR)
socket.close()
