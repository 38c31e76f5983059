/**
 * Servers that handle one request after the other, or each in a thread of its own: Python's socketserver.
 *
 * ```ts
 * import { StreamRequestHandler, TCPServer } from 'bsd-sockets/socketserver'
 *
 * class Echo extends StreamRequestHandler {
 *   override handle() {
 *     for (const line of this.rfile) this.wfile.write(line)
 *   }
 * }
 *
 * await using server = new TCPServer(['127.0.0.1', 9999], Echo)
 * process.once('SIGINT', () => server.shutdown())
 * await server.serveForever()
 * ```
 *
 * A handler has a synchronous socket: its calls may block, and then no other request of its thread is served. A handler may
 * also be asynchronous: the server awaits its promise.
 *
 * @module bsd-sockets/socketserver
 */
export { BaseServer } from './base-server.js'
export type { Arrival } from './base-server.js'
export { BufferedReader, BufferedWriter } from './buffered.js'
export { BaseRequestHandler, DatagramRequestHandler, StreamRequestHandler } from './handlers.js'
export type { DatagramRequest, HandlerClass, ServerInfo } from './handlers.js'
export { DatagramServer, StreamServer, TCPServer, UDPServer, UnixDatagramServer, UnixStreamServer } from './servers.js'
export type { InternetServerOptions } from './servers.js'
export type { Handler, ServerOptions, SocketServer } from './socket-server.js'
