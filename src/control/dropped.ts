// How many datagrams were dropped. SO_RXQ_OVFL, socket(7)
import { SOL_SOCKET, SO_RXQ_OVFL } from '../constants.js'
import { readUnsigned } from './integers.js'
import { message } from './message.js'

export const dropped = message<number>({ level: SOL_SOCKET, type: SO_RXQ_OVFL, read: readUnsigned })
