import type { EventEmitter } from 'node:events'

export interface SocketOptions {
  /** AddressFamily.IPv4, the default, or AddressFamily.IPv6. */
  addressFamily?: number
  /** The protocol's number, for example one of Protocol; default: 0, Protocol.None. */
  protocol?: number
  /** Bytes of the receive buffer; default: 4096. What is longer is cut. */
  bufferSize?: number
  /** Whether a checksum is written to what is sent; default: false. */
  generateChecksums?: boolean
  /** Where it is written, in bytes from the first one that is sent; default: 0. */
  checksumOffset?: number
}

/** Of a system call: the message is that of strerror(3), `errno` is negative. */
export type SystemError = Error & { code?: string; errno?: number; syscall?: string }

/** `error` is null if all is well. */
export type SendCallback = (this: Socket, error: SystemError | null, bytes?: number) => void

/** A raw socket. Emits `message` with the bytes (over IPv4 with the IP header) and the sender's address, `error` and `close`. raw(7) */
export class Socket extends EventEmitter {
  /** Throws an Error of socket(2). */
  constructor(options?: SocketOptions)
  readonly recvPaused: boolean
  readonly sendPaused: boolean
  /** Closes the socket and emits `close`; a second call does nothing. close(2) */
  close(): this
  generateChecksums(generate: boolean, offset?: number): this
  /** Writes the option's value to `buffer`, and returns its length. getsockopt(2) */
  getOption(level: number, option: number, buffer: NodeJS.ArrayBufferView, length: number): number
  /** Sets an option to the first `length` bytes of a buffer, or to an int. setsockopt(2) */
  setOption(level: number, option: number, buffer: NodeJS.ArrayBufferView, length: number): void
  setOption(level: number, option: number, value: number): void
  /** With both directions paused, the socket does not keep the process. */
  pauseRecv(): this
  resumeRecv(): this
  pauseSend(): this
  resumeSend(): this
  /** Sends `length` bytes from `offset` to a numeric address. `beforeCallback` is called right before. sendto(2) */
  send(buffer: Buffer, offset: number, length: number, address: string, afterCallback: SendCallback): this
  send(
    buffer: Buffer,
    offset: number,
    length: number,
    address: string,
    beforeCallback: (() => void) | null,
    afterCallback: SendCallback,
  ): this
}

/** A new Socket. Throws an Error of socket(2), for example without the right to raw sockets. */
export function createSocket(options?: SocketOptions): Socket

export const AddressFamily: { readonly IPv4: 1; readonly IPv6: 2; readonly 1: 'IPv4'; readonly 2: 'IPv6' }
export const Protocol: {
  readonly None: 0
  readonly ICMP: 1
  readonly TCP: 6
  readonly UDP: 17
  readonly ICMPv6: 58
  readonly 0: 'None'
  readonly 1: 'ICMP'
  readonly 6: 'TCP'
  readonly 17: 'UDP'
  readonly 58: 'ICMPv6'
}
export const SocketLevel: { readonly SOL_SOCKET: number; readonly IPPROTO_IP: number; readonly IPPROTO_IPV6: number }
export const SocketOption: {
  readonly SO_BROADCAST: number
  readonly SO_RCVBUF: number
  readonly SO_RCVTIMEO: number
  readonly SO_SNDBUF: number
  readonly SO_SNDTIMEO: number
  /** Linux. */
  readonly SO_BINDTODEVICE?: number
  readonly IP_HDRINCL: number
  readonly IP_OPTIONS: number
  readonly IP_TOS: number
  readonly IP_TTL: number
  /** IPV6_UNICAST_HOPS. */
  readonly IPV6_TTL: number
  readonly IPV6_UNICAST_HOPS: number
  readonly IPV6_V6ONLY: number
}

/** A part of a buffer. */
export interface Part {
  buffer: Buffer
  offset: number
  length: number
}

/** The checksum of all parts, one after the other. RFC 1071 */
export function createChecksum(...parts: (Buffer | Part)[]): number
/** Writes a checksum in network byte order; returns the buffer. */
export function writeChecksum(buffer: Buffer, offset: number, checksum: number): Buffer

export function htonl(number: number): number
export function htons(number: number): number
export function ntohl(number: number): number
export function ntohs(number: number): number
