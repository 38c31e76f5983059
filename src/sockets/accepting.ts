// How a server goes on when accept(2) fails: one client's fault is that client's, and what there is none of now comes again.
import { isSocketError } from '../errors.js'

// That client has left, or the network failed on its way: it is out of the queue, and the next one may be well. accept(2)
// names EOPNOTSUPP too, which is also what a socket says that can never accept.
const passing = new Set([
  ...['ECONNABORTED', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENONET', 'ENOPROTOOPT', 'EPROTO'],
])

// No descriptor, no memory, or a security module that refuses: the client still waits, and so would the next call fail.
const lacking = new Set(['EACCES', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM'])

const pauseMs = 100
const quietMs = 1000

const warn = (error: Error): void =>
  process.emitWarning(`A server cannot accept a client: ${error.message}`, { code: 'BSD_SOCKETS_ACCEPT' })

/** What to do when accept(2) fails; one for each listener. */
export class AcceptFailures {
  readonly #tell: (error: Error) => void
  #told = -Infinity

  /** `tell` gets the errors for which accepting pauses, once a second at most: a warning of the process by default. */
  constructor(tell: (error: Error) => void = warn) {
    this.#tell = tell
  }

  /**
   * For how many milliseconds accepting is to pause after this error: 0 where it was one client's alone. What is the
   * listener's own, or no SocketError, is thrown again: trying again would not help.
   */
  pause(error: unknown): number {
    if (!isSocketError(error)) throw error
    if (passing.has(error.code)) return 0
    if (!lacking.has(error.code)) throw error
    const now = performance.now()
    if (now - this.#told >= quietMs) {
      this.#told = now
      this.#tell(error)
    }
    return pauseMs
  }
}
