// The handlers of a reactor. An exception of a connection's handler ends that connection only.
import type { AsyncResource } from 'node:async_hooks'
import type { Properties } from '../checks.js'
import type { Connection } from './connection.js'

/**
 * The handlers of a connection, all optional. They are called in the async context (AsyncLocalStorage) in which they were given to
 * `listen`, `connect` or `handOver`.
 */
export interface Handlers {
  /** The connection is established. */
  open?(connection: Connection): void
  /** Bytes were received. The buffer is shared by all connections: it is valid during this call only. */
  data?(connection: Connection, bytes: Buffer): void
  /** All bytes are sent, after a `write` has returned false. */
  drain?(connection: Connection): void
  /** The peer has stopped sending. Without this handler the connection is closed when all is sent. */
  end?(connection: Connection): void
  /**
   * The peer has reset the connection while it is paused. After `resume`, `data` is called with the bytes received before, and
   * then `close`. `destroy` drops these bytes. `drain` is no longer called: a connection that waits for it is closed, without this
   * handler at once, with it after the next write.
   */
  reset?(connection: Connection, error: Error): void
  /** The connection is closed, with the error that is the reason, if any. The last call for a connection. */
  close?(connection: Connection, error?: Error): void
  /**
   * A handler, or `finish` of `stop`, has thrown; its connection is closed next. `connection` is null if accepting has failed, or the handler had closed
   * its connection. Without this handler the error is an uncaughtException.
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

/** Reports what a handler threw, or the failure of a listener. */
export function report(handlers: Handlers, error: unknown, connection: Connection | null): void {
  try {
    if (handlers.error === undefined) throw error
    handlers.error(error, connection)
  } catch (uncaught) {
    // Thrown in a turn of its own, so that no code of the reactor catches it.
    setImmediate(() => {
      throw uncaught
    })
  }
}
