/**
 * HTTP/1.1 over raw system calls.
 *
 * ```ts
 * import { serve } from 'bsd-sockets/http'
 *
 * serve(request => ({ body: `hello ${request.path}\n` }), { port: 5000 })
 * ```
 *
 * @module bsd-sockets/http
 */
export type { StreamingBody } from './body.js'
export { fetchHandler } from './fetch.js'
export type { FetchHandler, FetchOptions } from './fetch.js'
export type { Limits } from './parser.js'
export type { HttpRequest } from './request.js'
export type { RequestBody } from './request-body.js'
export type { HttpResponse } from './response.js'
export { serve, serveInWorkers } from './serve.js'
export type { FetchApplication, HttpServer, ServeOptions, StreamBodyOptions } from './serve.js'
export type { Handler, Timeouts } from './service.js'
