// A server that sends lines back in capitals, with the classes of Python's socketserver. It serves one client after the
// other, or with --threads each in a thread, which loads this module again for the class that it exports.
import { isMainThread } from 'node:worker_threads'
import { parseArgs } from 'node:util'
import { StreamRequestHandler, TCPServer } from 'bsd-sockets/socketserver'

export class Handler extends StreamRequestHandler {
  override timeout = 60_000 // milliseconds; who is silent for longer is not waited for

  override handle(): void {
    for (const line of this.rfile) this.wfile.write(line.toString().toUpperCase())
  }
}

if (isMainThread) await serve()

async function serve(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '9998' },
      threads: { type: 'boolean', default: false },
    },
  })
  await using server = new TCPServer(
    [values.host, Number(values.port)],
    values.threads ? new URL(import.meta.url) : Handler,
    { allowReuseAddress: true, threading: values.threads },
  )
  process.once('SIGINT', () => void server.shutdown())
  console.log('listening on', server.serverAddress)
  await server.serveForever()
}
