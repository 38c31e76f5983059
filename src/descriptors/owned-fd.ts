// Descriptors received in a message: they are owned as soon as they arrive, and closed if no code takes them.
import type { Parts } from '../shown.js'
import { shownObject } from '../shown.js'
import type { InspectOptions } from 'node:util'
import { inspect } from 'node:util'
import { checkInteger, invalidThis } from '../checks.js'
import { closeOnce, closeWithThread, debugging, noteOwner } from './ownership.js'
import * as sys from '../syscalls/index.js'

// Unlike a Socket, such a descriptor is closed when it is garbage-collected: a peer may send any number of them, unrequested.
const unclaimed = new FinalizationRegistry<number>(fd => void sys.close(fd))

// Refuses a `this` of another class; each method begins with it.
let brand: (self: OwnedFd) => unknown

/**
 * A descriptor that is closed when this object is garbage-collected. Keep the object as long as the number is in use, or
 * take the number by `detach()`. close(2)
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

  /**
   * Takes ownership of a descriptor.
   *
   * @throws TypeError or RangeError if it is not a valid number
   */
  constructor(fd: number) {
    this.#fd = checkInteger('fd', fd, 0, 2 ** 31 - 1)
    unclaimed.register(this, fd, this)
    closeWithThread(fd, true)
    if (debugging) noteOwner(this, fd)
  }

  /** The descriptor; −1 after it is closed or detached. */
  get fd(): number {
    brand(this)
    return this.#fd
  }

  /**
   * Closes the descriptor. Further calls have no effect. close(2)
   *
   * @throws SocketError if close(2) reports an error; the descriptor is closed nevertheless
   */
  close(): void {
    brand(this)
    closeOnce(this.#letGo())
  }

  [Symbol.dispose](): void {
    brand(this)
    this.close()
  }

  /** Releases the descriptor without closing it, and returns it; −1 if it was closed or detached before. */
  detach(): number {
    brand(this)
    const fd = this.#letGo()
    closeWithThread(fd, false)
    return fd
  }

  /** @internal For console.log: one line. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const parts = (): Parts => ({ fd: this.#fd, state: this.#fd < 0 ? 'closed' : 'open' })
    return shownObject(this, 'OwnedFd', depth, options, parts)
  }

  #letGo(): number {
    const fd = this.#fd
    this.#fd = -1
    unclaimed.unregister(this)
    return fd
  }
}
