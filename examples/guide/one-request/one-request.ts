// One request to the gateway of examples/gateway, and its client, in one program.
import { SHUT_WR } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'
import { fetch } from '../../gateway/products.js'
import { run } from '../../gateway/run.js'

let port = 0
await using server = run('127.0.0.1', 0, fetch, { onBind: bound => (port = bound) })
const client = await createConnection(['127.0.0.1', port])
await client.sendall('GET /products/ HTTP/1.1\r\nHost: localhost\r\n\r\n')
client.shutdown(SHUT_WR) // no other request follows
let answer = ''
for await (const bytes of client.chunks()) answer += bytes.toString()
client.close()
console.log(answer.slice(0, answer.indexOf('\r\n')))
console.log('chunks:', answer.match(/^[\da-f]+\r$/gm)?.length)
await server.shutdown()
