// A virtual machine and its host talk to each other without a network. Linux. vsock(7)
//   node vsock.js server              on the host, or in the machine
//   node vsock.js client --cid 2 TEXT at the other end; 2 is the host, 1 this machine itself
import { parseArgs } from 'node:util'
import { AF_VSOCK, constantsOf, SOCK_STREAM, whyNot } from 'bsd-sockets'
import type { VsockAddress } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { SHUT_WR } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'

/** Sends a text, and prints what comes back until the peer ends. */
async function ask(cid: number, port: number, text: string, timeout: number): Promise<void> {
  using socket = await createConnection({ family: 'vsock', cid, port }, { timeout })
  socket.settimeout(timeout)
  await socket.sendall(text)
  socket.shutdown(SHUT_WR)
  for await (const chunk of socket.chunks()) process.stdout.write(chunk)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cid: { type: 'string', default: '2' },
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '5000' },
    timeout: { type: 'string', default: '5000' },
  },
})
if (values.help) {
  console.log('usage: vsock server [--port 5000]\n       vsock client [--cid 2] [--port 5000] [--timeout 5000] TEXT…')
  process.exit()
}
const why = whyNot.socket(AF_VSOCK, SOCK_STREAM)
if (why !== null) {
  console.error(`there is no vsock here: ${why}`)
  process.exit(1)
}

async function serve(port: number): Promise<void> {
  const { VMADDR_CID_ANY, VMADDR_PORT_ANY } = constantsOf('linux')
  using server = new Socket<VsockAddress>(AF_VSOCK)
  server.bind({ family: 'vsock', cid: VMADDR_CID_ANY, port: port === 0 ? VMADDR_PORT_ANY : port })
  server.listen()
  console.log(`listening on port ${server.getsockname().port}`)
  for await (const [client, { cid }] of server.connections()) void echo(client, cid)
}

async function echo(client: Socket, cid: number): Promise<void> {
  client.settimeout(Number(values.timeout))
  try {
    for await (const chunk of client.chunks()) await client.sendall(chunk)
  } catch (error) {
    console.log(`client ${cid}: ${(error as Error).message}`)
  } finally {
    client.close()
  }
}

if (positionals[0] === 'client') {
  await ask(Number(values.cid), Number(values.port), `${positionals.slice(1).join(' ')}\n`, Number(values.timeout))
} else await serve(Number(values.port))
