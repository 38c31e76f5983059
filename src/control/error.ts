// An entry of the error queue. IP_RECVERR, ip(7)
import {
  AF_UNSPEC,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVERR,
  IP_RECVERR,
  PACKET_TX_TIMESTAMP,
  SOL_PACKET,
  SOL_VSOCK,
  SO_EE_ORIGIN_ZEROCOPY,
  VSOCK_RECVERR,
} from '../constants.js'
import { errnoName } from '../errors.js'
import { decodeAddress } from '../structs/address.js'
import type { SocketAddress } from '../structs/address.js'
import { number } from '../structs/fields.js'
import { structure } from '../structs/structure.js'
import { message, whole } from './message.js'
import type { Message } from './message.js'

/** An entry of the error queue, a struct sock_extended_err. ip(7) */
export interface ErrorReport {
  /** Negative, as in every error here. */
  errno: number
  /** The errno's name: `'ECONNREFUSED'`. */
  name: string
  /** Who reports it: SO_EE_ORIGIN_ICMP and its like. */
  origin: number
  /** ICMP's type. */
  type: number
  /** ICMP's code. */
  code: number
  /** For EMSGSIZE the path's MTU. */
  info: number
  /** What the origin adds; of ICMP: 0. */
  data: number
  /** The node that caused the error, null where that is not known. */
  offender: SocketAddress | null
}

const extended = structure<Omit<ErrorReport, 'name' | 'offender'>>('sock_extended_err', {
  errno: ['ee_errno', number],
  origin: ['ee_origin', number],
  type: ['ee_type', number],
  code: ['ee_code', number],
  info: ['ee_info', number],
  data: ['ee_data', number],
})

/** A struct sock_extended_err, which says by its origin what it reports. */
export const readReport = whole(extended)

/** What is in the error queue of each protocol that has one. */
export const queued = <T>(read: (data: Buffer) => T | undefined): Message<T, never> =>
  message<T>(
    { level: IPPROTO_IP, type: IP_RECVERR, read },
    { level: IPPROTO_IPV6, type: IPV6_RECVERR, read },
    { level: SOL_PACKET, type: PACKET_TX_TIMESTAMP, read },
    { level: SOL_VSOCK, type: VSOCK_RECVERR, read },
  )

function offender(data: Buffer): SocketAddress | null {
  const address = decodeAddress(data)
  return address.family === 'raw' && address.af === AF_UNSPEC ? null : address
}

export const error = queued<ErrorReport>(data => {
  const report = readReport(data)
  if (report === undefined || report.origin === SO_EE_ORIGIN_ZEROCOPY) return undefined
  return {
    ...report,
    errno: -report.errno,
    name: errnoName(report.errno),
    offender: offender(data.subarray(extended.room)), // SO_EE_OFFENDER
  }
})
