/**
 * Sockets as a Duplex or as Web Streams; sockets as those of `net`, `http` and `dgram`, and those of Node as sockets of this
 * package.
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
