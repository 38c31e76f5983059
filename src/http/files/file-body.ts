// A file as the body of a response.
import { checkInteger, invalidThis, invalidType } from '../../checks.js'
import { fdOf } from '../../descriptors/descriptor.js'
import { openFile, statOf } from '../../descriptors/open.js'
import { OwnedFd } from '../../descriptors/owned-fd.js'

// Refuses a `this` of another class; each method begins with it.
let brand: (self: FileBody) => OwnedFd

/**
 * A part of a file as the body of a response: the bytes go from the file to the socket within the kernel. The server closes the
 * descriptor when they are sent, or no client is left to get them. If the file ends before `length` bytes, the connection is
 * closed. sendfile(2)
 *
 * ```ts
 * import { FileBody, serve } from 'bsd-sockets/http'
 *
 * serve(() => ({ body: FileBody.open('film.mp4') }))
 * ```
 */
export class FileBody {
  /** The position of the first byte. */
  readonly offset: number
  /** The number of bytes. */
  readonly length: number
  readonly #file: OwnedFd

  static {
    brand = self => {
      try {
        return self.#file
      } catch {
        throw invalidThis('FileBody')
      }
    }
  }

  /**
   * Takes ownership of `file`. `length` is a number of bytes; default: the rest of the file.
   *
   * @throws SocketError EBADF for a closed file; TypeError or RangeError for an invalid number
   */
  constructor(file: OwnedFd, offset = 0, length?: number) {
    if (!(file instanceof OwnedFd)) throw invalidType('file', file, 'an instance of OwnedFd')
    const fd = fdOf(file, 'sendfile')
    this.#file = file
    this.offset = checkInteger('offset', offset, 0, Number.MAX_SAFE_INTEGER)
    this.length =
      length === undefined
        ? Math.max(0, statOf(fd).size - offset)
        : checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER)
  }

  /**
   * Opens a file and makes a body of `length` bytes from `offset`; default: the whole file. open(2)
   *
   * @throws FileNotFoundError if there is no such file; PermissionError if it may not be read; SocketError EMFILE if no
   *   descriptor is left; TypeError or RangeError for a wrong argument
   */
  static open(path: string | Buffer, offset?: number, length?: number): FileBody {
    const file = new OwnedFd(openFile(path))
    try {
      return new FileBody(file, offset, length)
    } catch (error) {
      file.close()
      throw error
    }
  }

  /** The open file. */
  get file(): OwnedFd {
    return brand(this)
  }

  /**
   * Closes the file, if it is not sent. Further calls have no effect. close(2)
   *
   * @throws SocketError if close(2) reports an error; the descriptor is closed nevertheless
   */
  close(): void {
    brand(this).close()
  }

  [Symbol.dispose](): void {
    brand(this).close()
  }
}
