// A connected stream socket as the two streams of the web.
import { SHUT_WR } from '../constants.js'
import type { SocketBase } from '../socket-base.js'
import { asynchronous } from './duplex.js'

/** A readable and a writable stream of bytes. Streams Standard */
export interface WebStreams {
  readable: ReadableStream<Uint8Array>
  writable: WritableStream<Uint8Array | string>
}

/**
 * The two directions of a connected socket, of either kind: the end of the peer's closes `readable`, closing `writable`
 * tells the peer, and the socket is closed when both are. An error, an abort or a cancel closes it at once.
 */
export function toWeb(given: SocketBase): WebStreams {
  const socket = asynchronous(given)
  let open = 2
  const end = (): void => {
    if (--open === 0) socket.close()
  }
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await socket.recv(65536)
        if (chunk.length > 0) return controller.enqueue(chunk)
        controller.close()
        end()
      },
      cancel: () => socket.close(),
    },
    { highWaterMark: 0 },
  )
  const writable = new WritableStream<Uint8Array | string>({
    write: chunk => socket.sendall(chunk),
    close() {
      socket.shutdown(SHUT_WR)
      end()
    },
    abort: () => socket.close(),
  })
  return { readable, writable }
}
