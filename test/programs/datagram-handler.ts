// A handler for the threads of test/socketserver/socketserver.test.ts.
import { DatagramRequestHandler } from 'bsd-sockets/socketserver'

export default class extends DatagramRequestHandler {
  override handle(): void {
    this.wfile.write(this.rfile.readline())
  }
}
