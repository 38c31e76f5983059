// A proxy whose bytes are never copied into the program: the kernel moves them from one socket into a pipe, and from the
// pipe into the other socket. Linux. splice(2)
import { parseArgs } from 'node:util'
import { options, setOption, SHUT_WR } from 'bsd-sockets'
import { createConnection, createServer, spliceAll } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'

/** Moves all bytes from one socket to the other, and then the end. */
async function carry(from: Socket, to: Socket): Promise<void> {
  await spliceAll(from, to)
  to.shutdown(SHUT_WR)
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '9996' },
    to: { type: 'string', default: 'localhost:80' },
  },
})
const [, host, service] = /^(.*):(\d+)$/.exec(values.to) ?? []
if (values.help || host === undefined) {
  console.log('usage: splice-proxy [--port 9996] [--to localhost:80]')
  process.exit(values.help ? 0 : 2)
}

async function serve(client: Socket): Promise<void> {
  let server: Socket | undefined
  try {
    server = await createConnection([host!, Number(service)], { sockopts: { keepAlive: true }, timeout: 10_000 })
    await Promise.all([carry(client, server), carry(server, client)])
  } catch (error) {
    console.log((error as Error).message) // this client's affair
  } finally {
    client.close()
    server?.close()
  }
}

const server = await createServer(['127.0.0.1', Number(values.port)])
setOption(server, options.keepAlive, true) // its connections inherit it: a client that is gone without a word is noticed
const { address, port } = server.getsockname()
console.log(`listening on ${address}:${port}`)
for await (const [client] of server.connections()) void serve(client)
