// What a server does when accept(2) fails: skip a lost client, pause while a resource is lacking, or give up.
import { isSocketError } from '../errors.js'

// The client has left, or its network has failed: it is out of the queue, and the next accept can succeed. accept(2) also
// lists EOPNOTSUPP, which is left out: it is also the error of a socket that can never accept.
const passing = new Set([
  ...['ECONNABORTED', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENONET', 'ENOPROTOOPT', 'EPROTO'],
])

// No descriptor, no memory, or a refusal of a security module: the client still waits, and the next call would fail too.
const lacking = new Set(['EACCES', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM'])

const pauseMs = 100
const quietMs = 1000

const warn = (error: Error): void =>
  process.emitWarning(`A server cannot accept a client: ${error.message}`, { code: 'BSD_SOCKETS_ACCEPT' })

/** Decides what follows a failure of accept(2); one for each listener. */
export class AcceptFailures {
  readonly #tell: (error: Error) => void
  #told = -Infinity

  /** `tell` is called with the errors that pause accepting, at most once a second; default: emits a warning of the process. */
  constructor(tell: (error: Error) => void = warn) {
    this.#tell = tell
  }

  /**
   * Returns the milliseconds for which accepting has to pause after this error; 0 if it concerns one client only. Throws an error
   * of the listener itself, and one that is no SocketError: trying again would not help.
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
