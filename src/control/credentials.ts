// Who sends. SCM_CREDENTIALS, unix(7)
import { checkInteger } from '../checks.js'
import { SCM_CREDENTIALS, SOL_SOCKET } from '../constants.js'
import { number } from '../structs/fields.js'
import { structure } from '../structs/structure.js'
import { message, whole } from './message.js'

/** Who sent a message, as the kernel vouches for. unix(7) */
export interface Credentials {
  /** The process. */
  pid: number
  /** The user. */
  uid: number
  /** The group. */
  gid: number
}

const ucred = structure<Credentials>('ucred', { pid: ['pid', number], uid: ['uid', number], gid: ['gid', number] })

export const credentials = message<Credentials, Credentials>({
  level: SOL_SOCKET,
  type: SCM_CREDENTIALS,
  read: whole(ucred),
  write(value) {
    const bytes = ucred.encode(value, 'credentials')
    checkInteger('credentials.pid', value.pid, 0, 2 ** 31 - 1)
    return bytes
  },
})
