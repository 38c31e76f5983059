/**
 * Callbacks for ready sockets: a server in TypeScript at the speed of one in C.
 *
 * ```ts
 * import { listen } from 'bsd-sockets/reactor'
 *
 * const server = listen({ port: 9999, data: (connection, bytes) => connection.write(bytes) })
 * ```
 *
 * @module bsd-sockets/reactor
 */
import type { Handlers } from './handlers.js'
import { Server } from './server.js'
import type { ListenOptions } from './server.js'

export { connect } from './connect.js'
export type { ConnectOptions } from './connect.js'
export type { Connection } from './connection.js'
export type { Handlers } from './handlers.js'
export type { ConnectionLimits, ListenOptions, Server } from './server.js'

/**
 * Listens for connections of a TCP port or a Unix path, whose handlers are called from the event loop.
 *
 * @throws SocketError of bind(2) or listen(2)
 */
export const listen = (options: ListenOptions & Handlers): Server => new Server(options)
