// Descriptors. SCM_RIGHTS, unix(7)
import { invalidType } from '../checks.js'
import { F_SETFD, FD_CLOEXEC, MSG_CMSG_CLOEXEC, SCM_RIGHTS, SOL_SOCKET } from '../constants.js'
import { fdOf } from '../descriptors/descriptor.js'
import type { Descriptor } from '../descriptors/descriptor.js'
import { OwnedFd } from '../descriptors/owned-fd.js'
import { fcntl } from '../syscalls/index.js'
import { dataView, read } from '../syscalls/layout.js'
import { int } from './integers.js'
import { message } from './message.js'

function adopt(fd: number): OwnedFd {
  if (MSG_CMSG_CLOEXEC === undefined) fcntl(fd, F_SETFD, FD_CLOEXEC) // this kernel could not do it at once
  return new OwnedFd(fd)
}

/** As many as are there whole: a message that was cut short still installed them. */
export const readFds = (data: Buffer): OwnedFd[] =>
  Array.from({ length: Math.floor(data.length / int.size) }, (_, i) => data.subarray(i * int.size))
    .map(fd => read(dataView(fd), int))
    .filter(fd => fd >= 0)
    .map(adopt)

export const fds = message<OwnedFd[], readonly Descriptor[]>({
  level: SOL_SOCKET,
  type: SCM_RIGHTS,
  read: readFds,
  write(fds) {
    if (!Array.isArray(fds)) throw invalidType('fds', fds, 'an array')
    return Int32Array.from(fds as readonly Descriptor[], descriptor => fdOf(descriptor, 'sendmsg'))
  },
})
