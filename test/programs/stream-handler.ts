// A handler for the threads of test/socketserver/socketserver.test.ts. `server.data` selects what it does.
import { StreamRequestHandler } from 'bsd-sockets/socketserver'

export class Handler extends StreamRequestHandler {
  override timeout = 10_000

  override async handle(): Promise<void> {
    const line = this.rfile.readline()
    switch (this.server.data) {
      case 'throw':
        throw new RangeError(`no good: ${line.toString()}`)
      case 'exit':
        process.exit(3)
        break
      case 'large':
        this.wfile.write(Buffer.alloc(32 * 2 ** 20, line))
        break
      case 'slow':
        this.rfile.readline()
        this.wfile.write(line)
        break
      case 'known':
        this.wfile.write(JSON.stringify([this.clientAddress, this.server.serverAddress]))
        break
      default:
        await Promise.resolve()
        this.wfile.write(line)
    }
  }
}
