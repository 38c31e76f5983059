// The sender's label. SCM_SECURITY, unix(7)
import { SCM_SECURITY, SOL_SOCKET } from '../constants.js'
import { message } from './message.js'

export const securityLabel = message<string>({
  level: SOL_SOCKET,
  type: SCM_SECURITY,
  read: data => data.toString('utf8', 0, data.at(-1) === 0 ? data.length - 1 : data.length), // it ends with a NUL, or does not
})
