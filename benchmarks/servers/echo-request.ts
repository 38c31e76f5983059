// The handler of a thread of echo-socketserver.ts.
import { IPPROTO_TCP, TCP_NODELAY } from 'bsd-sockets'
import { BaseRequestHandler } from 'bsd-sockets/socketserver'

const buffer = Buffer.allocUnsafeSlow(65536)

export class Handler extends BaseRequestHandler {
  override handle(): void {
    this.request.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
    for (let count; (count = this.request.recvInto(buffer)) > 0;) this.request.sendall(buffer.subarray(0, count))
  }
}
