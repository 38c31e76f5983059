// The file that bind(2) makes for a Unix socket. Whoever closes the socket removes the file, but not another's that has
// taken its place: the server that was started next binds the same path.
import { lstatSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * The file of a Unix socket, to be made right after bind(2). It is known by its device and inode, and by its absolute path:
 * the working directory may change. An abstract name has no file. unix(7)
 */
export class UnixPath {
  readonly #path: string
  #dev: bigint | undefined // undefined where there is no file, or none any more
  #ino: bigint | undefined

  constructor(path: string) {
    this.#path = resolve(path)
    if (!path.startsWith('\0')) ({ dev: this.#dev, ino: this.#ino } = this.#file() ?? {})
  }

  /**
   * Removes the file if it is still the socket's. To be called while the socket is open: until then no other file can get
   * its inode. A file that cannot be removed stays. unlink(2)
   */
  remove(): void {
    const dev = this.#dev
    this.#dev = undefined
    const file = dev === undefined ? undefined : this.#file()
    if (file === undefined || file.dev !== dev || file.ino !== this.#ino) return
    try {
      unlinkSync(this.#path)
    } catch {
      // The folder may be read-only by now, or somebody else was faster.
    }
  }

  #file(): { dev: bigint; ino: bigint } | undefined {
    try {
      return lstatSync(this.#path, { bigint: true, throwIfNoEntry: false })
    } catch {
      return undefined // a folder on the way may not be searched
    }
  }
}
