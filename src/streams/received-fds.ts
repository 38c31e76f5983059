// Descriptors that arrive with the bytes of a stream. SCM_RIGHTS, unix(7)
import { constants } from 'node:os'
import { AF_UNIX } from '../constants.js'
import { invalidValue } from '../checks.js'
import type { OwnedFd } from '../descriptors/owned-fd.js'
import { socketError } from '../errors.js'
import type { Socket, WaitOptions } from '../promises/index.js'
import type { SocketBase } from '../sockets/base.js'

// Bytes for control messages: the 253 descriptors that Linux sends at most, and whatever options of the socket add to
// them. macOS has no longer ones: sockargs() limits them to MCLBYTES.
const controlSize = 2048

/** Received bytes, and the descriptors that came with them. */
export interface BytesAndFds {
  /** The received bytes. */
  data: Buffer
  /** Owned: to be closed, or taken by `detach()`. An object that is dropped closes its descriptor when it is collected. */
  fds: OwnedFd[]
}

/** Refuses a socket that carries no descriptors. */
export function checkCarriesFds({ family }: SocketBase): void {
  if (family !== AF_UNIX)
    throw invalidValue('socket', `family ${family}`, 'must be a Unix socket: no other carries fds')
}

/** Closes descriptors that nobody takes. */
export function closeAll(fds: readonly OwnedFd[]): void {
  for (const fd of fds) fd.close()
}

/**
 * Receives bytes and descriptors. If the process cannot have as many descriptors, some of them are lost, and with them the
 * meaning of the bytes: the others are closed, and it rejects with EMFILE. (macOS loses all of them, and has EMSGSIZE.)
 * recvmsg(2), MSG_CTRUNC
 */
export async function receiveFds(socket: Socket, size: number, options: WaitOptions): Promise<BytesAndFds> {
  const { data, control, controlTruncated } = await socket.recvmsg(size, controlSize, 0, options)
  const fds = control.flatMap(({ fds = [] }) => fds)
  for (const { pidFd } of control) pidFd?.close() // SO_PASSPIDFD: nobody has asked the stream for it
  if (!controlTruncated) return { data, fds }
  closeAll(fds)
  throw socketError(constants.errno.EMFILE, 'recvmsg')
}
