// What a reactor calls, and how: an exception of one connection's handler ends that connection, and harms no other.
import type { AsyncResource } from 'node:async_hooks'
import type { Properties } from '../checks.js'
import type { Connection } from './connection.js'

/** What is called when something happens to a connection; each may be left out. */
export interface Handlers {
  /** It is connected. */
  open?(connection: Connection): void
  /** Bytes have come. The buffer is one for all connections: it holds them during this call alone. */
  data?(connection: Connection, bytes: Buffer): void
  /** A `write` has returned false, and by now all is sent. */
  drain?(connection: Connection): void
  /** The peer has stopped sending. Without this handler the connection is ended in turn, once all is sent. */
  end?(connection: Connection): void
  /**
   * The peer has reset the connection while it is paused: after `resume` comes what was received before, and then
   * `close`. Who has no use for that calls `destroy`.
   */
  reset?(connection: Connection, error: Error): void
  /** It is closed, and why where that was an error. The last call for a connection. */
  close?(connection: Connection, error?: Error): void
  /**
   * A handler has thrown, and its connection is closed next; or there is no connection: accepting has failed, or the
   * handler that threw had closed its own. Without it that is an uncaughtException.
   */
  error?(error: unknown, connection: Connection | null): void
}

/** Handlers, and the context that they are called in. */
export interface Given {
  readonly handlers: Handlers
  readonly scope: AsyncResource
}

export const handlerProperties: Properties<Handlers> = {
  close: 'handler',
  data: 'handler',
  drain: 'handler',
  end: 'handler',
  error: 'handler',
  open: 'handler',
  reset: 'handler',
}

/** Tells of what a handler threw, or of a listener that fails. */
export function report(handlers: Handlers, error: unknown, connection: Connection | null): void {
  try {
    if (handlers.error === undefined) throw error
    handlers.error(error, connection)
  } catch (uncaught) {
    // Thrown from a task of its own, so that it is as uncaught as if no reactor had been there.
    setImmediate(() => {
      throw uncaught
    })
  }
}
