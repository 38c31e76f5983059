// Two clients of an echo server: the one that has come last speaks first.
import { createConnection } from 'bsd-sockets'

const address = ['127.0.0.1', Number(process.argv[2])]
const [first, second] = [createConnection(address), createConnection(address)]
for (const [client, text] of [
  [second, 'from the second'],
  [first, 'from the first'],
]) {
  client.sendall(text)
  client.recv(100)
}
first.close()
second.close()
