// A connected stream socket as two Web Streams.
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
 * The two directions of a connected stream socket, of either kind. `readable` ends when the peer stops sending, or when it is
 * cancelled; closing `writable` shuts down sending; the socket is closed when both have ended. An error, or an abort of
 * `writable`, closes the socket at once and errors both streams. `pipeTo` finishes the write under way before it aborts, which
 * takes for ever if the peer does not read (Streams Standard, 4.9.1): closing the socket ends that.
 *
 * @throws SocketError ENOTCONN if it is not connected; TypeError if it is not a stream socket
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
  // The controller of an ended stream ignores `error`.
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
      // The `abort` of a sink would wait for the write under way.
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
        // A peer that is gone need not be notified.
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
