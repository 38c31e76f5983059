/**
 * Sockets as streams, and among Node's own: a Duplex, Web Streams, a net.Socket, a server of `http`, and back.
 *
 * @module bsd-sockets/streams
 */
export { SocketDuplex, toDuplex } from './duplex.js'
export type { DuplexOptions } from './duplex.js'
export { listenFds } from './listen-fds.js'
export type { ActivatedSocket } from './listen-fds.js'
export { fromDuplex, fromNet, listenNet, toDgram, toNet } from './node.js'
export { toWeb } from './web.js'
export type { WebStreams } from './web.js'
