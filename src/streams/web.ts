// A connected stream socket as the two streams of the web.
import { SHUT_WR } from '../constants.js'
import type { SocketBase } from '../socket-base.js'
import { taken } from './duplex.js'

/** A readable and a writable stream of bytes; the readable one takes the buffers of a BYOB reader. Streams Standard */
export interface WebStreams {
  readable: ReadableStream<Uint8Array>
  writable: WritableStream<Uint8Array | string>
}

const chunkSize = 65536
const forever = { timeout: null }

/**
 * The two directions of a connected stream socket, of either kind: the peer's end closes `readable`, closing `writable`
 * is told to the peer, and the socket is closed when both are at their end. To cancel `readable` is to be at its end; an
 * error, or an abort of `writable`, closes the socket at once.
 *
 * @throws SocketError ENOTCONN where it is not connected; TypeError where it is no stream socket
 */
export function toWeb(given: SocketBase): WebStreams {
  const socket = taken(given)
  const cancelled = new AbortController()
  const { signal } = cancelled
  let open = 2
  const end = (): void => {
    if (--open === 0) socket.close()
  }
  const failed = (error: unknown): never => {
    socket.close()
    throw error
  }
  const readable = new ReadableStream({
    type: 'bytes',
    autoAllocateChunkSize: chunkSize,
    async pull(controller) {
      const request = controller.byobRequest!
      const view = request.view as Uint8Array
      const count = await socket.recvInto(view, 0, { ...forever, signal }).catch((error: unknown) => {
        if (!signal.aborted) failed(error)
      })
      if (count === undefined) return
      if (count === 0) {
        controller.close()
        end()
      }
      request.respond(count)
    },
    cancel() {
      cancelled.abort()
      end()
    },
  })
  const writable = new WritableStream<Uint8Array | string>({
    write: chunk => socket.sendall(chunk, 0, forever).catch(failed),
    close() {
      socket.shutdown(SHUT_WR)
      end()
    },
    abort: () => socket.close(),
  })
  return { readable, writable }
}
