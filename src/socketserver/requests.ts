// How a connection ends that was served.
import { SHUT_WR } from '../constants.js'
import { isSocketError } from '../errors.js'
import type { Socket } from '../sockets/socket.js'

/** Says that no more will come; a client that has gone already need not be told. shutdown(2) */
export function sayGoodbye(connection: Socket): void {
  try {
    connection.shutdown(SHUT_WR)
  } catch (error) {
    if (!isSocketError(error)) throw error
  }
}
