// The end of a connection that was served.
import { SHUT_WR } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { Socket } from '../sockets/socket.js'

/** Tells the client that no more follows, unless it is gone already. shutdown(2) */
export function sayGoodbye(connection: Socket): void {
  try {
    connection.shutdown(SHUT_WR)
  } catch (error) {
    if (!isSocketError(error)) throw error
  }
}
