// A connected stream socket as two Web Streams.
import { constants } from 'node:os'
import { SHUT_WR } from '../constants.js'
import { checkProperties, checkSwitch } from '../checks.js'
import type { Properties } from '../checks.js'
import type { Data } from '../data.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import { SocketError } from '../errors.js'
import type { Socket } from '../promises/index.js'
import { checkSocket } from '../sockets/base.js'
import type { SocketBase } from '../sockets/base.js'
import { forever } from './duplex.js'
import { checkCarriesFds, closeAll, receiveFds } from './received-fds.js'
import type { BytesAndFds } from './received-fds.js'
import { taken } from './to-duplex.js'

/** A readable and a writable stream of bytes; the readable one takes the buffers of a BYOB reader. Streams Standard */
export interface WebStreams {
  /** The bytes that are received. */
  readable: ReadableStream<Uint8Array>
  /** Takes the bytes to send. */
  writable: WritableStream<Uint8Array | string>
}

/** Bytes to send, at least one, and at most 253 descriptors, which are sent with the first byte. */
export interface BytesAndFdsToSend {
  /** The bytes, at least one. */
  data: Data
  /**
   * The writable takes over each OwnedFd, and closes it once it is sent, or fails to be; an abort leaves those of waiting chunks to
   * the garbage collector. Other descriptors stay the caller's, who keeps them open until `write` settles.
   */
  fds: readonly Descriptor[]
}

/**
 * Two streams of bytes and descriptors: piped to each other, they pass both on. The readable one receives only when it is read,
 * so it holds no descriptor that nobody has asked for.
 */
export interface WebFdStreams {
  /** The bytes that are received, with their descriptors. */
  readable: ReadableStream<BytesAndFds>
  /** Takes the bytes to send, with descriptors. */
  writable: WritableStream<BytesAndFdsToSend | Uint8Array | string>
}

const { ENOTCONN } = constants.errno

const chunkSize = 65536

async function send(socket: Socket, chunk: BytesAndFdsToSend | Uint8Array | string): Promise<void> {
  if (typeof chunk !== 'object' || chunk === null || !('fds' in chunk)) return socket.sendall(chunk, 0, forever)
  const { data, fds } = chunk
  try {
    if (Array.isArray(fds) && fds.length === 0) await socket.sendall(data, 0, forever)
    else await socket.sendallFds(data, fds, 0, forever)
  } finally {
    if (Array.isArray(fds)) closeAll(fds.filter(fd => fd instanceof OwnedFd))
  }
}

/** The options of toWeb. */
export interface WebOptions {
  /** Whether the streams carry descriptors, over a Unix socket. Default: false. */
  fds?: boolean
}

const webProperties: Properties<WebOptions> = { fds: 'option' }

/**
 * The two directions of a connected stream socket, of either kind. `readable` ends when the peer stops sending, or when it is
 * cancelled; closing `writable` shuts down sending; the socket is closed when both have ended. An error, or an abort of
 * `writable`, closes the socket at once and errors both streams. `pipeTo` finishes the write under way before it aborts, which
 * takes for ever if the peer does not read (Streams Standard, 4.9.1): closing the socket ends that.
 *
 * With the option `fds` the readable gives `{ data, fds }`, and the writable takes them. If this process cannot have as many
 * descriptors as arrive, both fail with EMFILE (macOS: EMSGSIZE). unix(7)
 *
 * @throws SocketError ENOTCONN if it is not connected; TypeError if it is not a stream socket, or for wrong options
 */
export function toWeb(given: SocketBase, options: WebOptions & { fds: true }): WebFdStreams
export function toWeb(given: SocketBase, options?: WebOptions): WebStreams
export function toWeb(given: SocketBase, options: WebOptions = {}): WebStreams | WebFdStreams {
  checkSocket(given)
  checkProperties('options', options, webProperties)
  const { fds } = options
  checkSwitch('options.fds', fds)
  if (fds === true) checkCarriesFds(given)
  const socket = taken(given)
  const cancelled = new AbortController()
  const { signal } = cancelled
  let reading!: ReadableByteStreamController | ReadableStreamDefaultController<BytesAndFds>
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
  const receiving = async (receive: () => Promise<void>): Promise<void> => {
    try {
      await receive()
    } catch (error) {
      if (!signal.aborted) fail(error)
    }
  }
  const cancel = (): void => {
    cancelled.abort()
    end()
  }
  const writable = new WritableStream<BytesAndFdsToSend | Uint8Array | string>({
    start(controller) {
      writing = controller
      // The `abort` of a sink would wait for the write under way.
      const { signal: aborted } = controller as WritableStreamDefaultController & { signal: AbortSignal }
      aborted.addEventListener('abort', () => broken(aborted.reason))
    },
    async write(chunk) {
      try {
        await (fds === true ? send(socket, chunk) : socket.sendall(chunk as Uint8Array, 0, forever))
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
  if (fds === true) {
    const readable = new ReadableStream<BytesAndFds>(
      {
        start: controller => void (reading = controller),
        pull: controller =>
          receiving(async () => {
            const chunk = await receiveFds(socket, chunkSize, { ...forever, signal })
            if (chunk.data.length === 0) {
              controller.close()
              return end()
            }
            try {
              controller.enqueue(chunk)
            } catch (error) {
              closeAll(chunk.fds) // the stream has ended meanwhile
              throw error
            }
          }),
        cancel,
      },
      { highWaterMark: 0 },
    )
    return { readable, writable }
  }
  const readable = new ReadableStream({
    type: 'bytes',
    autoAllocateChunkSize: chunkSize,
    start: controller => void (reading = controller),
    pull: controller =>
      receiving(async () => {
        const request = controller.byobRequest!
        const count = await socket.recvInto(request.view as Uint8Array, 0, { ...forever, signal })
        if (count === 0) {
          controller.close()
          end()
        }
        request.respond(count)
      }),
    cancel,
  })
  return { readable, writable }
}
