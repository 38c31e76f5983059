// Binds a datagram socket whose messages are received and sent in batches.
import { IPPROTO_UDP, SO_RCVBUF, SO_REUSEADDR, SO_REUSEPORT, SO_SNDBUF, SOCK_DGRAM } from '../constants.js'
import { SOL_SOCKET, UDP_GRO, UDP_SEGMENT } from '../constants.js'
import { checkProperties, checkSwitch } from '../checks.js'
import type { Properties } from '../checks.js'
import * as sys from '../syscalls/index.js'
import type { InetAddress, UnixAddress } from '../structs/address.js'
import { batchProperties, datagramHandlers, DatagramSocket, roomOf } from './datagrams.js'
import type { BatchRoom, DatagramHandlers } from './datagrams.js'
import { endpointOf, openBound, setOption } from './listener.js'

/** The options of `bind`. */
export interface DatagramOptions extends BatchRoom {
  /** A numeric host; `''`: the any-address. Default: 127.0.0.1. */
  address?: string
  /** As `address`, by its name in Node's options. */
  host?: string
  /** The port; 0: any free port. Default: 0. */
  port?: number
  /**
   * A Unix socket's path, instead of a host and a port. The file is removed when the socket is closed, unless another socket
   * has bound the same path since. unix(7)
   */
  path?: string
  /** Whether other sockets may bind to the same port; default: false. socket(7), SO_REUSEPORT */
  reusePort?: boolean
  /** The maximum size of a received message, in bytes; longer ones are truncated. Default: 2,048; with `gro` 65,535. */
  messageSize?: number
  /** Whether the kernel joins messages of one sender; `batch.control(i)` has their size. udp(7), UDP_GRO */
  gro?: boolean
  /** The kernel divides sent data into messages of this size, in bytes. udp(7), UDP_SEGMENT */
  segment?: number
  /** The size of the kernel's receive buffer, in bytes. socket(7), SO_RCVBUF */
  receiveBuffer?: number
  /** The size of the kernel's send buffer, in bytes. socket(7), SO_SNDBUF */
  sendBuffer?: number
}

const datagramProperties: Properties<DatagramOptions & DatagramHandlers> = {
  ...batchProperties,
  ...datagramHandlers,
  address: 'option',
  gro: 'option',
  host: 'option',
  path: 'option',
  port: 'option',
  receiveBuffer: 'option',
  reusePort: 'option',
  segment: 'option',
  sendBuffer: 'option',
}

/**
 * Receives datagrams on a UDP port or a Unix path, in batches; the event loop calls the handlers.
 *
 * @throws SocketError of bind(2); TypeError or RangeError for a wrong option
 */
export function bind(options: DatagramOptions & DatagramHandlers & { path?: never }): DatagramSocket<InetAddress>
export function bind(options: DatagramOptions & DatagramHandlers & { path: string }): DatagramSocket<UnixAddress>
export function bind(options: DatagramOptions & DatagramHandlers): DatagramSocket
export function bind(options: DatagramOptions & DatagramHandlers): DatagramSocket {
  checkProperties('options', options, datagramProperties)
  const { gro = false, receiveBuffer, sendBuffer, segment, reusePort } = options
  checkSwitch('options.reusePort', reusePort)
  checkSwitch('options.gro', gro)
  const endpoint = endpointOf(options)
  const { family } = endpoint
  const batch = roomOf(options, family, gro ? 65535 : 2048, gro ? sys.CMSG_SPACE(4) : 0)
  const prepare = (fd: number): void => {
    if (reusePort === true) {
      setOption(fd, SOL_SOCKET, SO_REUSEADDR)
      setOption(fd, SOL_SOCKET, SO_REUSEPORT)
    }
    if (receiveBuffer !== undefined) setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBuffer)
    if (sendBuffer !== undefined) setOption(fd, SOL_SOCKET, SO_SNDBUF, sendBuffer)
    if (gro) setOption(fd, IPPROTO_UDP, UDP_GRO)
    if (segment !== undefined) setOption(fd, IPPROTO_UDP, UDP_SEGMENT, segment)
  }
  const bound = openBound(SOCK_DGRAM, endpoint, prepare)
  try {
    return new DatagramSocket({ ...bound, family, type: SOCK_DGRAM }, options, batch)
  } catch (error) {
    bound.file?.remove()
    sys.close(bound.fd)
    throw error
  }
}
