// Which processes have which sockets, and what else /proc tells. It may be hidden, or may not be there. proc(5)
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The text of a file, without white space around it; '' if it cannot be read. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/** The names of the files in a folder; none if it cannot be read. */
export function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

/** A descriptor of a socket in a process. */
export interface Holder {
  readonly pid: number
  readonly fd: number
  /** The socket's number in /proc and in sock_diag(7). */
  readonly inode: number
}

/** The processes that this one can see. */
export const processes = (): number[] =>
  filesOf('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)

/** The name of a process, of at most 15 bytes; '' if it has ended. */
export const processName = (pid: number): string => textOf(`/proc/${pid}/comm`)

/**
 * The descriptors of sockets in these processes, as far as this process may look at them: those of the own user, or of all if it
 * may trace them. It reads at most `most` links.
 */
export function* holders(pids: readonly number[] = processes(), most = Infinity): Generator<Holder> {
  let left = most
  for (const pid of pids) {
    for (const fd of filesOf(`/proc/${pid}/fd`)) {
      if (left-- <= 0) return
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1]
      if (inode !== undefined) yield { pid, fd: Number(fd), inode: Number(inode) }
    }
  }
}
