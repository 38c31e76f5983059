/**
 * The same sockets, on the event loop: what would block returns a promise and takes `{ signal, timeout }`.
 *
 * ```ts
 * import { createServer } from 'bsd-sockets/promises'
 * import type { Socket } from 'bsd-sockets/promises'
 *
 * const server = await createServer(['127.0.0.1', 9999])
 * for await (const [client] of server.connections()) void echo(client)
 *
 * async function echo(client: Socket) {
 *   try {
 *     for await (const chunk of client.chunks(1024)) await client.sendall(chunk)
 *   } catch (error) {
 *     console.error(error) // the client is gone
 *   } finally {
 *     client.close()
 *   }
 * }
 * ```
 *
 * @module bsd-sockets/promises
 */
export { AbortError } from '../errors.js'
export { createConnection, createServer } from './create.js'
export type { ConnectionOptions } from './create.js'
export { getaddrinfo, getfqdn, gethostbyaddr, gethostbyname, gethostbynameEx, getnameinfo } from './names.js'
export type { LookupOptions } from './names.js'
export type { MessagesOptions } from './inbox.js'
export { MySocket, recvExactly } from './my-socket.js'
// The second name is for modules that use the synchronous Socket too.
export { Socket, Socket as AsyncSocket } from './socket.js'
export type { Connection } from './socket.js'
export { spliceAll } from './splice.js'
export type { WaitOptions } from './turn.js'
