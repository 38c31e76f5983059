// A chat: each line of a client is sent to all others. Each client has a task; a client that reads too slowly is closed.
import { parseArgs } from 'node:util'
import { SocketError } from 'bsd-sockets'
import { createServer } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9998' },
  },
})
if (values.help) {
  console.log('usage: chat [--host 127.0.0.1] [--port 9998]\n\nThe first line that a client sends is its name.')
  process.exit()
}

const mostBytes = 1024 // of a line
const patience = 5000 // milliseconds for one who does not receive

const members = new Map<Socket, string>()

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

/** Sends to all clients but one. The sends that wait on a promises socket keep their order. */
function tell(text: string, from?: Socket): void {
  console.log(text)
  for (const [member] of members) {
    if (member !== from) member.sendall(`${text}\n`, { timeout: patience }).catch(() => member.close())
  }
}

async function serve(client: Socket): Promise<void> {
  let name: string | undefined
  try {
    await client.sendall('Who are you?\n')
    for await (const line of lines(client)) {
      if (name !== undefined) tell(`${name}: ${line}`, client)
      else if (line !== '') {
        const others = [...members.values()].join(', ') || 'nobody'
        members.set(client, (name = line))
        await client.sendall(`Here: ${others}\n`)
        tell(`* ${name} has come`, client)
      }
    }
  } catch (error) {
    if (!(error instanceof SocketError)) throw error // one that breaks off is gone, and no more
  } finally {
    members.delete(client)
    client.close()
    if (name !== undefined) tell(`* ${name} has gone`)
  }
}

const server = await createServer([values.host, Number(values.port)])
const { address, port } = server.getsockname()
console.log(`listening on ${address}:${port}`)
for await (const [client] of server.connections()) void serve(client)
