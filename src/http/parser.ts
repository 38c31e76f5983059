// The request parser of native/http/http_parser.h, shared with the C server. Its results are offsets in a Uint32Array.
import { checkInteger } from '../checks.js'
import { field, sizeOf } from '../syscalls/layout.js'
import { call } from '../syscalls/native.js'
import type { View } from '../syscalls/native.js'

/**
 * Parses the head of a request in the bytes from `start` up to `end`, exclusive. Returns the size of the head once it is
 * complete, 0 while it is incomplete, or a negative status to refuse it with. `request` holds the state between calls: call
 * again with the same bytes and more after them.
 */
export const parseRequest =
  call<(bytes: View, start: number, end: number, limits: Uint8Array, request: Uint8Array) => number>(
    'http_parse_request',
  )

/** Decodes a chunked body up to the end of a run of content (1), of the body (2) or of the bytes (0); or a negative status. */
export const decodeChunked =
  call<(bytes: View, start: number, end: number, limits: Uint8Array, chunked: Uint32Array) => number>(
    'http_decode_chunked',
  )

export const CHUNKED_MORE = 0
export const CHUNKED_END = 2

/** The flags of a request. */
export const KEEP_ALIVE = 1
export const CHUNKED = 2
export const EXPECT_CONTINUE = 8

const word = (name: string): number => field(name).offset / 4

/** The index of each part of a request in its Uint32Array. A part of two words is an offset and a length. */
export const REQUEST = {
  contentLength: word('http_request.content_length'),
  flags: word('http_request.flags'),
  headerCount: word('http_request.header_count'),
  headers: word('http_request.headers'),
  method: word('http_request.method'),
  minorVersion: word('http_request.minor_version'),
  path: word('http_request.path'),
  query: word('http_request.query'),
  stage: word('http_request.stage'),
  target: word('http_request.target'),
  authority: word('http_request.authority'),
} as const

/** The index of each part of a chunked body's state. */
export const CHUNKS = {
  consumed: word('http_chunked.consumed'),
  data: word('http_chunked.data'),
} as const

/** The initial state of a request. */
export const newRequest = (): Uint32Array => new Uint32Array(sizeOf('http_request') / 4)

/** The initial state of a chunked body. */
export const newChunked = (): Uint32Array => new Uint32Array(sizeOf('http_chunked') / 4)

/** The limits of a request, in bytes and lines. */
export interface Limits {
  /** Bytes of the request line; a longer one gets 414. At most 65,536. Default: 8,192. */
  requestLine?: number
  /** Header lines; more get 431. At most 256. Default: 100. */
  headerCount?: number
  /** Bytes of all header lines; more get 431. At most 1 MiB. Default: 32 KiB. */
  headerBytes?: number
  /** Bytes of content; more get 413. At most 1 GiB, or 2 ** 53 - 1 for a streamed body. Default: 1 MiB. */
  body?: number
}

/** The limits in the parser's form. A Uint8Array, since the addon finds its memory fastest. */
export function limitsOf(
  { requestLine = 8192, headerCount = 100, headerBytes = 32768, body = 1 << 20 }: Limits,
  streamed = false,
): Uint8Array {
  const limits = new BigUint64Array(
    [
      checkInteger('limits.requestLine', requestLine, 1, 65536),
      checkInteger('limits.headerCount', headerCount, 0, 256),
      checkInteger('limits.headerBytes', headerBytes, 0, 1 << 20),
      checkInteger('limits.body', body, 0, streamed ? Number.MAX_SAFE_INTEGER : 1 << 30),
    ].map(BigInt),
  )
  return new Uint8Array(limits.buffer)
}
