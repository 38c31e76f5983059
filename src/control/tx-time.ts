// When to send. SCM_TXTIME
import { invalidType } from '../checks.js'
import { SCM_TXTIME, SOL_SOCKET } from '../constants.js'
import { long, written } from './integers.js'
import { message } from './message.js'

export const txTime = message<never, bigint>({
  level: SOL_SOCKET,
  type: SCM_TXTIME,
  write(value) {
    if (typeof value !== 'bigint') throw invalidType('txTime', value, 'of type bigint')
    return written(long, BigInt.asUintN(64, value))
  },
})
