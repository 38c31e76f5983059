// The web-standard handler, fetch(Request) → Response, on ours.
import type { Handler } from './service.js'
import type { HttpRequest } from './request.js'
import type { HttpResponse } from './response.js'

/** The handler of a framework: Hono's `app.fetch` and its like. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

function toRequest(request: HttpRequest): Request {
  const { method } = request
  const url = `http://${request.authority || 'localhost'}${request.path}${request.query && `?${request.query}`}`
  const init: RequestInit = { method, headers: request.headers }
  if (method !== 'GET' && method !== 'HEAD') init.body = request.body
  return new Request(url, init)
}

function toResponse(response: Response): HttpResponse {
  const headers: [string, string][] = [...response.headers].filter(([name]) => name !== 'transfer-encoding')
  return { status: response.status, statusText: response.statusText, headers, body: response.body }
}

/** Lets a web-standard handler answer the requests of `serve`. Fetch Standard */
export const fetchHandler =
  (handler: FetchHandler): Handler =>
  async request =>
    toResponse(await handler(toRequest(request)))
