// Anonymous memory with a descriptor, to be shared with another process. Linux. memfd_create(2)
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { F_ADD_SEALS, MFD_ALLOW_SEALING, MFD_CLOEXEC } from '../constants.js'
import { checkInteger, checkProperties, invalidType, invalidValue } from '../checks.js'
import type { Properties } from '../checks.js'
import { bytesOf, viewed } from '../data.js'
import type { Data } from '../data.js'
import { socketError } from '../errors.js'
import * as sys from '../syscalls/index.js'
import { callOwning } from '../syscalls/native.js'
import { check } from '../syscalls/result.js'
import { OwnedFd } from './owned-fd.js'

const memfd_create = callOwning<typeof sys.memfd_create>('memfd_create')

// Deno's `fs` knows only the descriptors that it has opened itself.
const foreign = process.versions.deno !== undefined

// The position stays at 0.
function fill(fd: number, content: Uint8Array | number): void {
  const file = foreign ? openSync(`/proc/self/fd/${fd}`, 'r+') : fd
  try {
    if (typeof content === 'number') ftruncateSync(file, content)
    else for (let at = 0; at < content.length;) at += writeSync(file, content, at, content.length - at, at)
  } finally {
    if (foreign) closeSync(file)
  }
}

/** The options of memfd. */
export interface MemfdOptions {
  /** What /proc/self/fd shows behind `memfd:`, at most 249 bytes; default: `'bsd-sockets'`. */
  name?: string
  /** What nobody may do from now on: F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_SEAL; default: 0. F_ADD_SEALS, fcntl(2) */
  seals?: number
}

const known: Properties<MemfdOptions> = { name: 'option', seals: 'option' }

/**
 * Anonymous memory with these contents, or of a number of bytes that are 0, as a close-on-exec descriptor whose position is 0. It
 * is passed to another process by sendFds, which maps or reads it. memfd_create(2)
 *
 * ```ts
 * import { F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE, memfd, Socket } from 'bsd-sockets'
 *
 * const [socket] = Socket.pair()
 * using memory = memfd('contents', { seals: F_SEAL_SHRINK! | F_SEAL_GROW! | F_SEAL_WRITE! })
 * socket.sendFds('x', [memory])
 * ```
 *
 * @throws SocketError ENOSYS where the system has none; TypeError or RangeError for a wrong argument
 */
export function memfd(content: Data | number, options: MemfdOptions = {}): OwnedFd {
  checkProperties('options', options, known)
  const { name = 'bsd-sockets', seals = 0 } = options
  if (typeof name !== 'string') throw invalidType('options.name', name, 'of type string')
  if (Buffer.byteLength(name) > 249 || name.includes('\0'))
    throw invalidValue('options.name', name, 'must have at most 249 bytes and no NUL')
  checkInteger('options.seals', seals, 0, 2 ** 31 - 1)
  if (typeof content === 'number') checkInteger('content', content, 0, Number.MAX_SAFE_INTEGER)
  const bytes = typeof content === 'number' ? undefined : viewed('content', bytesOf(content))
  if (memfd_create === undefined) throw socketError(constants.errno.ENOSYS, 'memfd_create')
  const memory = new OwnedFd(check(memfd_create(name, MFD_CLOEXEC! | MFD_ALLOW_SEALING!), 'memfd_create'))
  try {
    fill(memory.fd, bytes ?? (content as number))
    if (seals !== 0) check(sys.fcntl(memory.fd, F_ADD_SEALS!, seals), 'fcntl', undefined, memory.fd)
    return memory
  } catch (error) {
    memory.close()
    throw error
  }
}
