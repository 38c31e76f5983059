// A chat: each line of a client is sent to all others. Each client has a task; a client that reads too slowly is closed.
import { parseArgs } from 'node:util'
import { SocketError } from 'bsd-sockets'
import { createServer } from 'bsd-sockets/promises'
import { SHUT_WR } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets/promises'

const clients = new Set<Socket>() // all that are connected
const members = new Map<Socket, string>() // those that have said their names
let stopping = false

/** Sends to all members but one, and waits until the kernel has taken it. Closes one that is too slow. */
async function tell(text: string, patience: number, from?: Socket): Promise<void> {
  console.log(text)
  const others = [...members.keys()].filter(member => member !== from)
  await Promise.all(
    others.map(member => member.sendall(`${text}\n`, { timeout: patience }).catch(() => member.close())),
  )
}

/** Stops accepting, says so, and ends each connection after its last line. Those that go on are closed in the end. */
async function stop(server: Socket, patience: number): Promise<void> {
  stopping = true
  server.close()
  await tell('* the chat ends', patience)
  for (const client of clients) {
    try {
      client.shutdown(SHUT_WR) // the client ends its side too, and its task is over
    } catch {
      client.close() // it is gone
    }
  }
  setTimeout(() => clients.forEach(client => client.close()), patience).unref()
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    host: { type: 'string', default: '127.0.0.1' },
    patience: { type: 'string', default: '5000' }, // milliseconds for one who does not receive
    port: { type: 'string', default: '9998' },
  },
})
if (values.help) {
  console.log(
    'usage: chat [--host 127.0.0.1] [--port 9998] [--patience 5000]\n\nThe first line that a client sends is its name.',
  )
  process.exit()
}

const mostBytes = 1024 // of a line
const patience = Number(values.patience)

/** The received lines, without their line ends. Ends at a line that is too long. */
async function* lines(client: Socket): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of client.chunks()) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/)
    rest = parts.pop()!
    yield* parts
    if (rest.length > mostBytes) return
  }
}

async function serve(client: Socket): Promise<void> {
  let name: string | undefined
  clients.add(client)
  try {
    await client.sendall('Who are you?\n', { timeout: patience })
    for await (const line of lines(client)) {
      if (stopping) continue
      if (name !== undefined) await tell(`${name}: ${line}`, patience, client)
      else if (line !== '') {
        const others = [...members.values()].join(', ') || 'nobody'
        members.set(client, (name = line))
        await client.sendall(`Here: ${others}\n`, { timeout: patience })
        await tell(`* ${name} has come`, patience, client)
      }
    }
  } catch (error) {
    if (!(error instanceof SocketError)) throw error // one that breaks off is gone, and no more
  } finally {
    clients.delete(client)
    members.delete(client)
    client.close()
    if (name !== undefined && !stopping) await tell(`* ${name} has gone`, patience)
  }
}

const server = await createServer([values.host, Number(values.port)])
const { address, port } = server.getsockname()
console.log(`listening on ${address}:${port}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(server, patience))
for await (const [client] of server.connections()) void serve(client)
