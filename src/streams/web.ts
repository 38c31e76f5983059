// A connected stream socket as the two streams of the web.
import { constants } from 'node:os'
import { SHUT_WR } from '../constants.js'
import { SocketError } from '../errors.js'
import type { SocketBase } from '../sockets/base.js'
import { taken } from './duplex.js'

/** A readable and a writable stream of bytes; the readable one takes the buffers of a BYOB reader. Streams Standard */
export interface WebStreams {
  readable: ReadableStream<Uint8Array>
  writable: WritableStream<Uint8Array | string>
}

const { ENOTCONN } = constants.errno

const chunkSize = 65536
const forever = { timeout: null }

/**
 * The two directions of a connected stream socket, of either kind: the peer's end closes `readable`, closing `writable`
 * is told to the peer, and the socket is closed when both are at their end. To cancel `readable` is to be at its end; an
 * error, or an abort of `writable`, closes the socket at once, whatever is under way, and is the error of both. `pipeTo` waits
 * for the write that is under way before it aborts, for ever where the peer does not read (Streams Standard, 4.9.1): closing
 * the socket ends that.
 *
 * @throws SocketError ENOTCONN where it is not connected; TypeError where it is no stream socket
 */
export function toWeb(given: SocketBase): WebStreams {
  const socket = taken(given)
  const cancelled = new AbortController()
  const { signal } = cancelled
  let reading!: ReadableByteStreamController
  let writing!: WritableStreamDefaultController
  let open = 2
  const end = (): void => {
    if (--open === 0) socket.close()
  }
  // A controller whose stream is at its end takes no error any more.
  const broken = (reason: unknown): void => {
    socket.close()
    reading.error(reason)
  }
  const fail = (error: unknown): void => {
    broken(error)
    writing.error(error)
  }
  const readable = new ReadableStream({
    type: 'bytes',
    autoAllocateChunkSize: chunkSize,
    start: controller => void (reading = controller),
    async pull(controller) {
      const request = controller.byobRequest!
      const view = request.view as Uint8Array
      try {
        const count = await socket.recvInto(view, 0, { ...forever, signal })
        if (count === 0) {
          controller.close()
          end()
        }
        request.respond(count)
      } catch (error) {
        if (!signal.aborted) fail(error)
      }
    },
    cancel() {
      cancelled.abort()
      end()
    },
  })
  const writable = new WritableStream<Uint8Array | string>({
    start(controller) {
      writing = controller
      // A sink's `abort` would wait for the write that is under way.
      const { signal: aborted } = controller as WritableStreamDefaultController & { signal: AbortSignal }
      aborted.addEventListener('abort', () => broken(aborted.reason))
    },
    async write(chunk) {
      try {
        await socket.sendall(chunk, 0, forever)
      } catch (error) {
        fail(error)
        throw error
      }
    },
    close() {
      try {
        socket.shutdown(SHUT_WR)
      } catch (error) {
        // A peer that has gone need not be told.
        if (!(error instanceof SocketError) || error.errno !== -ENOTCONN) {
          fail(error)
          throw error
        }
      }
      end()
    },
  })
  return { readable, writable }
}
