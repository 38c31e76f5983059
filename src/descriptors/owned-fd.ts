// Descriptors that came in a message: owned the moment they arrive, and closed if nobody takes them.
import { checkInteger } from '../checks.js'
import { closeOnce, closeWithThread } from './ownership.js'
import * as sys from '../syscalls/index.js'

// Unlike a Socket's, such a descriptor is nobody's doing here: a peer may send any number of them, unasked.
const unclaimed = new FinalizationRegistry<number>(fd => void sys.close(fd))

/**
 * A descriptor that is closed when this object is no longer used by anybody: keep the object for as long as the number
 * is in use, or `detach()` the number from it. close(2)
 */
export class OwnedFd {
  #fd: number

  /** Takes over a descriptor. */
  constructor(fd: number) {
    this.#fd = checkInteger('fd', fd, 0, 2 ** 31 - 1)
    unclaimed.register(this, fd, this)
    closeWithThread(fd, true)
  }

  /** The descriptor, −1 once it is closed or detached. */
  get fd(): number {
    return this.#fd
  }

  /** Closes the descriptor. Doing so again does nothing. close(2) */
  close(): void {
    closeOnce(this.#letGo())
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Gives up the descriptor without closing it, and returns it; −1 if there is none any more. */
  detach(): number {
    const fd = this.#letGo()
    closeWithThread(fd, false)
    return fd
  }

  #letGo(): number {
    const fd = this.#fd
    this.#fd = -1
    unclaimed.unregister(this)
    return fd
  }
}
