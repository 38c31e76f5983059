/**
 * Sockets as a Duplex or as Web Streams; sockets as those of `net`, `http` and `dgram`, and those of Node as sockets of this
 * package.
 *
 * @module bsd-sockets/streams
 */
export { connector } from './connector.js'
export type { Connector, ConnectorOptions, ConnectTarget } from './connector.js'
export { SocketDuplex } from './duplex.js'
export type { DuplexOptions } from './duplex.js'
export { FdDuplex } from './fd-duplex.js'
export { listenFds } from './listen-fds.js'
export type { ActivatedSocket } from './listen-fds.js'
export { fromDuplex, fromNet, listenNet, toDgram, toNet } from './node.js'
export type { BytesAndFds } from './received-fds.js'
export { toDuplex } from './to-duplex.js'
export { toWeb } from './web.js'
export type { BytesAndFdsToSend, WebFdStreams, WebOptions, WebStreams } from './web.js'
