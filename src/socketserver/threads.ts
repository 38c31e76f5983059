// Requests in threads.
import type { SocketAddress } from '../structs/address.js'
import { invalidType, isUrl } from '../checks.js'

/** The task of a thread: its request and its handler. */
export interface ThreadData {
  /** The module that exports the handler, as `Handler` or as its default export. */
  module: string
  /** The datagram, if the request is one. */
  packet?: Uint8Array
  clientAddress: SocketAddress
  server: { serverAddress: SocketAddress; data: unknown }
}

/** Checks the URL of a module. */
export function checkModule(handler: unknown): string {
  if (typeof handler === 'string') return new URL(handler).href
  if (isUrl(handler)) return handler.href
  const expected = 'the URL of a module that exports a class Handler: a function cannot go to another thread'
  throw invalidType('handler', handler, expected)
}
