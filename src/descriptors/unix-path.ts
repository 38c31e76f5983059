// The file that bind(2) creates for a Unix socket. The owner of the socket removes it when it closes the socket, unless
// another server has bound the same path in the meantime.
import { lstatSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * The file of a Unix socket; to be constructed right after bind(2). The file is identified by its device and inode. Its path
 * is made absolute, since the working directory may change. An abstract name has no file. unix(7)
 */
export class UnixPath {
  readonly #path: string
  #dev: bigint | undefined // undefined if there is no file, or no longer
  #ino: bigint | undefined

  constructor(path: string) {
    this.#path = resolve(path)
    if (!path.startsWith('\0')) ({ dev: this.#dev, ino: this.#ino } = this.#file() ?? {})
  }

  /**
   * Removes the file if it is still the socket's. To be called while the socket is open, since until then no other file can
   * get its inode. If the file cannot be removed, it stays. unlink(2)
   */
  remove(): void {
    const dev = this.#dev
    this.#dev = undefined
    const file = dev === undefined ? undefined : this.#file()
    if (file === undefined || file.dev !== dev || file.ino !== this.#ino) return
    try {
      unlinkSync(this.#path)
    } catch {
      // The folder may be read-only by now, or another process has removed the file.
    }
  }

  #file(): { dev: bigint; ino: bigint } | undefined {
    try {
      return lstatSync(this.#path, { bigint: true, throwIfNoEntry: false })
    } catch {
      return undefined // a folder of the path may not be searchable
    }
  }
}
