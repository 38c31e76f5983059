// systemd's socket activation. sd_listen_fds(3)
import { invalidType } from '../checks.js'
import { Socket } from '../promises/index.js'

const firstFd = 3 // SD_LISTEN_FDS_START

/** A socket that the service manager has opened, and its name there: `FileDescriptorName=`. */
export interface ActivatedSocket {
  /** Its name: `FileDescriptorName=` of systemd.socket(5), or LISTEN_FDNAMES. */
  name: string
  /** The socket. */
  socket: Socket
}

/**
 * The sockets that the service manager passed to this process: those of LISTEN_FDS if LISTEN_PID is this process, else none.
 * The variables are removed, so that no child takes them for its own. The descriptors become close-on-exec.
 * sd_listen_fds(3), fcntl(2)
 *
 * @throws SocketError ENOTSOCK if one of them is a FIFO or a file
 */
export function listenFds(environment: NodeJS.ProcessEnv = process.env): ActivatedSocket[] {
  if (typeof environment !== 'object' || environment === null)
    throw invalidType('environment', environment, 'of type object')
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names } = environment
  if (Number(pid) !== process.pid || !/^\d+$/.test(count ?? '')) return []
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) Reflect.deleteProperty(environment, name)
  const known = names?.split(':') ?? []
  return Array.from({ length: Number(count) }, (_, i) => {
    const socket = Socket.fromFd(firstFd + i)
    socket.setInheritable(false)
    return { name: known[i] ?? 'unknown', socket }
  })
}
