import type { Socket as UdpSocket, RemoteInfo as UdpRemoteInfo } from 'node:dgram'
import type { EventEmitter } from 'node:events'

/** Of a message: its size in bytes, and its sender's path, null for a socket without a name. */
export interface RemoteInfo {
  size: number
  address: object
  path: string | null
}

/** Called when the message was sent or could not be; a `code` is −errno, or 1 with the message 'congestion'. */
export type SendCallback = (error?: Error & { code: number; errno?: number; syscall?: string }) => void

export interface Socket extends EventEmitter {
  /** The descriptor; −1 after close. */
  readonly fd: number
  readonly type: 'unix_dgram'
  readonly connected: boolean
  /** Emits `listening`, or `error`. bind(2) */
  bind(path: string): void
  /** Emits `connect`, or `error`. connect(2) */
  connect(path: string): void
  /** Sends to the connected peer. send(2) */
  send(bytes: NodeJS.ArrayBufferView, callback?: SendCallback): void
  send(bytes: NodeJS.ArrayBufferView, offset: number, length: number, path: string, callback?: SendCallback): void
  /** Sends `length` bytes from `offset` to a path. sendto(2) */
  sendto(bytes: NodeJS.ArrayBufferView, offset: number, length: number, path: string, callback?: SendCallback): void
  /** Closes the socket; a second call does nothing. close(2) */
  close(): void
}

/** A Unix datagram socket; `listener` is added for the event `message`. Throws an Error of socket(2). */
export function createSocket(type: 'unix_dgram', listener?: (bytes: Buffer, info: RemoteInfo) => void): Socket
/** A socket of node:dgram. */
export function createSocket(type: 'udp4' | 'udp6', listener?: (bytes: Buffer, info: UdpRemoteInfo) => void): UdpSocket
