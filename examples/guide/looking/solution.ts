// The exercise of the chapter on looking: which processes hold connections of a port in CLOSE_WAIT, and how many.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const wanted = Number(process.argv[2])
const closeWait = '08'

/** The inodes of the sockets that are in CLOSE_WAIT and have this port. */
function leaked(): Set<string> {
  const lines = readFileSync('/proc/net/tcp', 'utf8').trimEnd().split('\n').slice(1)
  const columns = lines.map(line => line.trim().split(/\s+/))
  const found = columns.filter(
    ([, local, , state]) => state === closeWait && parseInt(local!.split(':')[1]!, 16) === wanted,
  )
  return new Set(found.map(column => column[9]!))
}

/** The inodes of the sockets that a process holds: each descriptor is a link to `socket:[INODE]`. */
function socketsOf(pid: string): Set<string> {
  const inodes = new Set<string>()
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []
      if (inode !== undefined) inodes.add(inode)
    }
  } catch {
    // It has ended, has closed the descriptor, or belongs to another user.
  }
  return inodes
}

const inodes = leaked()
for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
  const count = [...socketsOf(pid)].filter(inode => inodes.has(inode)).length
  if (count > 0) console.log(pid, count)
}
