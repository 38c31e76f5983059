// The sender's process. SCM_PIDFD
import { SCM_PIDFD, SOL_SOCKET } from '../constants.js'
import type { OwnedFd } from '../descriptors/owned-fd.js'
import { readFds } from './fds.js'
import { int } from './integers.js'
import { message } from './message.js'

export const pidFd = message<OwnedFd>({
  level: SOL_SOCKET,
  type: SCM_PIDFD,
  read: data => readFds(data.subarray(0, int.size))[0], // negative, it is the errno for which the kernel has none
})
