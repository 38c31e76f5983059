// Node's net with one buffer for each connection (`onread`), instead of a new one for each message. net.Server has no
// such option, so each connection is created again from its handle. It receives no more until all is sent.
import { createServer, Socket } from 'node:net'
import type { SocketConstructorOpts } from 'node:net'
import { listening, place } from './listening.js'

const server = createServer({ noDelay: true, pauseOnConnect: true }, accepted => {
  const { _handle: handle } = accepted as unknown as { _handle: object }
  const onread = {
    buffer: Buffer.allocUnsafeSlow(64 * 1024),
    callback(count: number, buffer: Uint8Array): boolean {
      if (socket.write(buffer.subarray(0, count), () => socket.resume()) && socket.writableLength === 0) return true
      return false
    },
  }
  const socket = new Socket({ handle, onread } as SocketConstructorOpts)
  socket.on('error', () => socket.destroy())
  socket.resume()
})
server.listen(place, () => listening(server.address()))
