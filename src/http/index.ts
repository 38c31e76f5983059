/**
 * HTTP/1.1 over raw system calls.
 *
 * ```ts
 * import { serve } from 'bsd-sockets/http'
 *
 * serve(request => ({ body: `hello ${request.path}\n` }), { port: 5000 })
 * ```
 *
 * A handler is called when the whole request has been received. With `streamBody` it is called when the head has been
 * received: an upload then takes no more memory than one piece of it.
 *
 * ```ts
 * import { serve } from 'bsd-sockets/http'
 * import type { HttpRequest, HttpResponse, RequestBody } from 'bsd-sockets/http'
 * import { createWriteStream } from 'node:fs'
 * import { pipeline } from 'node:stream/promises'
 *
 * const upload = async ({ body }: HttpRequest<RequestBody>): Promise<HttpResponse> => {
 *   await pipeline(body, createWriteStream('upload'))
 *   return { status: 201 }
 * }
 * serve(upload, { port: 5000, streamBody: true, limits: { body: 2 ** 40 } })
 * ```
 *
 * An answer 101 hands the connection to another protocol, such as WebSocket (RFC 6455), which a package of its own may speak:
 *
 * ```ts
 * import { serve } from 'bsd-sockets/http'
 * import type { Handlers } from 'bsd-sockets/reactor'
 *
 * const echo: Handlers = { data: (connection, bytes) => void connection.write(bytes) }
 * serve(() => ({ status: 101, headers: { Upgrade: 'echo' }, upgrade: echo }))
 * ```
 *
 * @module bsd-sockets/http
 */
export type { StreamingBody } from './body.js'
export { fetchHandler } from './fetch/handler.js'
export type { FetchHandler, FetchOptions } from './fetch/handler.js'
export { FileBody } from './files/file-body.js'
export { fileHandler } from './files/file-handler.js'
export type { FileOptions } from './files/file-handler.js'
export type { Limits } from './parser.js'
export type { HttpRequest } from './request.js'
export type { RequestBody } from './request-body.js'
export type { HttpResponse } from './response.js'
export { serve, serveInWorkers } from './serve.js'
export type { FetchApplication, HttpServer, ServeOptions, StreamBodyOptions } from './serve.js'
export type { Handler, Timeouts } from './service.js'
