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
import type { InetAddress, UnixAddress } from '../structs/address.js'
import { checkProperties } from '../checks.js'
import type { Handlers } from './handlers.js'
import type { OnPath, OnPort } from './listener.js'
import { threadFile } from '../syscalls/place.js'
import { startPool } from './pool.js'
import type { Pool } from './pool.js'
import { listenOptionProperties, Server } from './server.js'
import type { ListenOptions } from './server.js'

export { attach } from './attach.js'
export type { Attachable } from './attach.js'
export { bind } from './bind.js'
export type { DatagramOptions } from './bind.js'
export { connect } from './connect.js'
export type { ConnectOptions } from './connect.js'
export type { Connection } from './connection.js'
export type { BatchRoom, DatagramHandlers, DatagramSocket } from './datagrams.js'
export type { Handlers } from './handlers.js'
export type { Pool } from './pool.js'
export type { ConnectionLimits } from './origin.js'
export type { OnPath, OnPort } from './listener.js'
export type { ListenOptions, Server } from './server.js'

/**
 * Listens for connections on a TCP port or a Unix path; the event loop calls the handlers. A port may be given before the
 * other options: `listen(8080, { data })`.
 *
 * @throws SocketError of bind(2) or listen(2); TypeError for an unknown property
 */
export function listen(options: ListenOptions & Handlers & OnPort): Server<InetAddress>
export function listen(options: ListenOptions & Handlers & OnPath): Server<UnixAddress>
export function listen(options: ListenOptions & Handlers): Server
export function listen(port: number, options?: ListenOptions & Handlers & OnPort): Server<InetAddress>
export function listen(port: number, options?: ListenOptions & Handlers): Server
export function listen(given: number | (ListenOptions & Handlers), options: ListenOptions & Handlers = {}): Server {
  return new Server(typeof given === 'number' ? { ...options, port: given } : given)
}

/**
 * Listens in `workers` threads on one port; the kernel distributes the connections (SO_REUSEPORT, socket(7)). The module at
 * this URL exports the handlers, each by its name, since a function cannot be sent to a worker. With `fd` or `path` the threads
 * listen on duplicates of one socket; the pool owns `fd`, and has closed it when the promise resolves.
 *
 * @throws SocketError of bind(2) or listen(2); the error of a worker that cannot load the module; TypeError or
 *   RangeError for a wrong option. All workers have ended then
 */
export const listenInWorkers = async (
  module: string | URL,
  options: ListenOptions & { workers: number },
): Promise<Pool> => {
  checkProperties('options', options, { ...listenOptionProperties, workers: 'option' })
  const { workers, ...each } = options
  return startPool(threadFile('reactor/worker.js'), module, workers, each)
}
