// Many processes serve one port, one for each processor. Each has a listener of its own, and the kernel divides the connections
// among them (SO_REUSEPORT), or all inherit the same one. socket(7)
import { parseArgs } from 'node:util'
import { SocketError } from 'bsd-sockets'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { AF_INET, setOptions, Socket } from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'

/** The first process: it starts the others, again when one ends, until Ctrl-C. */
function supervise(where: readonly [string, number], count: number, inherit: boolean): void {
  const socket = new Socket(AF_INET)
  setOptions(socket, { reuseAddress: true, reusePort: !inherit })
  socket.bind(where)
  if (inherit) socket.listen() // if not, it only holds the port: a socket that does not listen gets no connections
  const { address, port } = socket.getsockname()
  const children = new Set<ChildProcess>()
  const start = (): void => {
    if (socket.closed) return // Ctrl-C
    const args = [import.meta.filename, 'child', ...(inherit ? [] : [address, String(port)])]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit', inherit ? socket.fd : 'ignore'],
    })
    children.add(child)
    child.once('exit', (code, signal) => {
      children.delete(child)
      console.log(`process ${child.pid} ended: ${code ?? signal}`)
      if (!socket.closed) setTimeout(start, 1000) // not at once: it may fail each time
    })
  }
  for (let i = 0; i < count; i++) start()
  process.once('SIGINT', () => {
    socket.close()
    for (const child of children) child.kill('SIGTERM')
  })
  console.log(`listening on ${address}:${port}`)
}

/** One of the others: it serves on a listener of its own, or on the one that is its descriptor 3. */
function serveHere(address?: string, port?: number): void {
  const where = address === undefined ? { fd: 3 } : { address, port: port!, reusePort: true }
  const server = serve(() => ({ body: `served by ${process.pid}\n` }), where)
  process.on('SIGINT', () => {}) // of the terminal: the first process decides
  process.once('SIGTERM', () => void server.stop({ timeout: 5000 }))
  console.log(`process ${process.pid} serves`)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    host: { type: 'string', default: '127.0.0.1' },
    inherit: { type: 'boolean', default: false },
    port: { type: 'string', default: '8000' },
    processes: { type: 'string', default: String(availableParallelism()) },
  },
})
if (values.help) {
  console.log('usage: processes [--host 127.0.0.1] [--port 8000] [--processes NUMBER] [--inherit]')
  process.exit()
}
const [command, address, port] = positionals
try {
  if (command === 'child') serveHere(address, port === undefined ? undefined : Number(port))
  else supervise([values.host, Number(values.port)], Number(values.processes), values.inherit)
} catch (error) {
  if (!(error instanceof SocketError)) throw error
  console.error(`${error.message}\n${error.hint ?? ''}`)
  process.exitCode = 1
}
