// Sockets that are prepared before they connect. Apart from create.ts, so that a lookup does not load the options.
import type { AddressInfo } from '../names/addrinfo.js'
import { setNamedOptions } from '../options/index.js'
import type { OptionValues } from '../options/index.js'
import type { AddressFamily, AddressLike, SocketAddress } from '../structs/address.js'
import type { SocketBase } from './base.js'

/** What a socket is made with, and gets before it connects. */
export interface Preparation {
  /** The protocol of the socket, such as IPPROTO_MPTCP; default: that of the address, TCP. socket(2) */
  protocol?: number | undefined
  /** Socket options that are set before bind and connect, by their names in `options`: `{ tcpUserTimeout: 5000 }`. */
  sockopts?: OptionValues | undefined
  /** The address to bind to before connecting. */
  sourceAddress?: AddressLike | undefined
}

/** A socket of this class for this address, which it can connect to. If this throws, there is none. */
export function prepared<Address extends SocketAddress, T extends SocketBase<Address>>(
  type: new (family: AddressFamily<Address>, type: number, protocol: number) => T,
  info: AddressInfo<Address>,
  { protocol, sockopts, sourceAddress }: Preparation,
): T {
  const socket = new type(info.family, info.type, protocol ?? info.protocol)
  try {
    if (sockopts !== undefined) setNamedOptions('options.sockopts', socket, sockopts)
    if (sourceAddress !== undefined) socket.bind(sourceAddress)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}
