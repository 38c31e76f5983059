// Descriptors that came in a message: owned the moment they arrive, and closed if nobody takes them.
import { checkInteger, invalidThis } from '../checks.js'
import { closeOnce, closeWithThread } from './ownership.js'
import * as sys from '../syscalls/index.js'

// Unlike a Socket's, such a descriptor is nobody's doing here: a peer may send any number of them, unasked.
const unclaimed = new FinalizationRegistry<number>(fd => void sys.close(fd))

// Refuses a `this` of another class; each method begins with it.
let brand: (self: OwnedFd) => unknown

/**
 * A descriptor that is closed when this object is no longer used by anybody: keep the object for as long as the number
 * is in use, or `detach()` the number from it. close(2)
 */
export class OwnedFd {
  #fd: number

  static {
    brand = self => {
      try {
        return self.#fd
      } catch {
        throw invalidThis('OwnedFd')
      }
    }
  }

  /** Takes over a descriptor. */
  constructor(fd: number) {
    this.#fd = checkInteger('fd', fd, 0, 2 ** 31 - 1)
    unclaimed.register(this, fd, this)
    closeWithThread(fd, true)
  }

  /** The descriptor, −1 once it is closed or detached. */
  get fd(): number {
    brand(this)
    return this.#fd
  }

  /** Closes the descriptor. Doing so again does nothing. close(2) */
  close(): void {
    brand(this)
    closeOnce(this.#letGo())
  }

  [Symbol.dispose](): void {
    brand(this)
    this.close()
  }

  /** Gives up the descriptor without closing it, and returns it; −1 if there is none any more. */
  detach(): number {
    brand(this)
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
