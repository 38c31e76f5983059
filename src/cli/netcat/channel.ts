// What nc copies to and from: a socket, or TLS over it.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { SHUT_WR, SOCK_DGRAM } from '../../constants.js'
import { socketError } from '../../errors.js'
import type { Socket } from '../../promises/index.js'
import { toDuplex } from '../../streams/index.js'
import * as sys from '../../syscalls/index.js'
import { Pieces } from './pieces.js'

const { ENOTCONN } = constants.errno

export interface Channel {
  /** The next bytes; null once the other end has stopped sending, or after `close`. */
  receive(): Promise<Buffer | null>
  /** Sends all of it; returns early after `close`. */
  send(bytes: Buffer): Promise<void>
  /** Tells the other end that nothing more comes; resolves when all has been handed to the kernel. shutdown(2) */
  endSending(): Promise<void>
  close(): void
}

// The outcome of a call, and that of `closed` instead of an error once the channel is closed.
async function unless<Result>(closed: () => boolean, call: Promise<Result>, instead: Result): Promise<Result> {
  try {
    return await call
  } catch (error) {
    if (closed()) return instead
    throw error
  }
}

/** A socket as a channel. With the first bytes it sends the descriptors `fds`. unix(7), SCM_RIGHTS */
export class SocketChannel implements Channel {
  readonly #socket: Socket
  #fds: readonly number[]

  constructor(socket: Socket, fds: readonly number[] = []) {
    this.#socket = socket
    this.#fds = fds
  }

  async receive(): Promise<Buffer | null> {
    const bytes = await unless(() => this.#socket.closed, this.#socket.recv(65536), null)
    return bytes?.length === 0 && this.#socket.type !== SOCK_DGRAM ? null : bytes // a datagram may be empty
  }

  send(bytes: Buffer): Promise<void> {
    return unless(() => this.#socket.closed, this.#send(bytes), undefined)
  }

  endSending(): Promise<void> {
    const { fd, closed, type } = this.#socket
    const result = closed || type === SOCK_DGRAM ? 0 : sys.shutdown(fd, SHUT_WR)
    // The peer may be gone: then receiving ends.
    if (result < 0 && result !== -ENOTCONN) return Promise.reject(socketError(result, 'shutdown', { fd }))
    return Promise.resolve()
  }

  close(): void {
    this.#socket.close()
  }

  async #send(bytes: Buffer): Promise<void> {
    if (this.#fds.length > 0) {
      const sent = await this.#socket.sendFds(bytes, this.#fds)
      this.#fds = []
      if (sent === bytes.length) return
      bytes = bytes.subarray(sent)
    }
    await this.#socket.sendall(bytes)
  }
}

class TlsChannel implements Channel {
  readonly #stream: TLSSocket
  readonly #pieces: Pieces

  constructor(stream: TLSSocket) {
    this.#stream = stream
    this.#pieces = new Pieces(stream)
  }

  async receive(): Promise<Buffer | null> {
    return (await unless(() => this.#stream.destroyed, this.#pieces.next(), null)) ?? null
  }

  send(bytes: Buffer): Promise<void> {
    const sent = new Promise<void>((resolve, reject) =>
      this.#stream.write(bytes, error => (error ? reject(error) : resolve())),
    )
    return unless(() => this.#stream.destroyed, sent, undefined)
  }

  endSending(): Promise<void> {
    return new Promise(resolve => this.#stream.end(() => resolve()))
  }

  close(): void {
    this.#stream.destroy()
  }
}

/** How TLS is spoken. The names of files are those of PEM files. */
export interface TlsSettings {
  /** The host, which the server's certificate has to name. */
  readonly host: string
  readonly insecure: boolean
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

const contents = (file: string | undefined): Buffer | undefined => (file === undefined ? undefined : readFileSync(file))

const materialOf = ({ ca, cert, key }: TlsSettings): { ca?: Buffer; cert?: Buffer; key?: Buffer } => {
  const [authorities, certificate, secret] = [contents(ca), contents(cert), contents(key ?? cert)]
  return {
    ...(authorities && { ca: authorities }),
    ...(certificate && { cert: certificate }),
    ...(secret && { key: secret }),
  }
}

/**
 * The result of a handshake over `stream`. Node waits on when the other end stops sending before it is done, as long as that is
 * allowed to stop at all.
 */
async function handshake<Result>(stream: Duplex, done: Promise<Result>): Promise<Result> {
  const left = once(stream, 'end').then(() => {
    const message = 'the other end has left before the TLS handshake was done'
    throw Object.assign(new Error(message), { code: 'ECONNRESET' })
  })
  try {
    return await Promise.race([done, left])
  } catch (error) {
    stream.destroy()
    throw error
  }
}

/** Speaks TLS over a connected socket, as its client. Rejects if the handshake fails, or the certificate is not trusted. */
export async function tlsClient(socket: Socket, settings: TlsSettings): Promise<Channel> {
  const { host, insecure } = settings
  const inner = toDuplex(socket, { allowHalfOpen: true })
  const stream = connect({
    ...materialOf(settings),
    socket: inner,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: !insecure,
  })
  await handshake(inner, once(stream, 'secureConnect'))
  return new TlsChannel(stream)
}

/** Speaks TLS over an accepted socket, as its server. */
export async function tlsServer(socket: Socket, settings: TlsSettings): Promise<Channel> {
  const server = createServer({ ...materialOf(settings), allowHalfOpen: true })
  const secure = once(server, 'secureConnection') as Promise<[TLSSocket]>
  const failure = once(server, 'tlsClientError').then(([error]) => {
    throw error as Error
  })
  const inner = toDuplex(socket, { allowHalfOpen: true })
  server.emit('connection', inner)
  const [stream] = await handshake(inner, Promise.race([secure, failure]))
  return new TlsChannel(stream)
}
