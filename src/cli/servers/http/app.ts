// The applications of http: files, and two small ones as in native/servers/http/http_app.c.
import { fileHandler } from '../../../http/files/file-handler.js'
import type { Handler } from '../../../http/service.js'
import type { HttpRequest } from '../../../http/request.js'
import type { HttpResponse } from '../../../http/response.js'
import { plain } from '../../../http/service.js'
import type { HttpSettings } from './settings.js'

const text = (body: string): HttpResponse => ({ body })

/** 200 to any method and path, with the request's content, of the type that the client gave it. */
const echo = ({ body, headers }: HttpRequest): HttpResponse => ({
  headers: { 'Content-Type': headers['content-type'] || 'application/octet-stream' },
  body,
})

const zeros = Buffer.alloc(64 * 1024)

interface Route {
  methods: readonly string[]
  answer: (request: HttpRequest) => HttpResponse
}

const routes = new Map<string, Route>([
  ['/', { methods: ['GET', 'HEAD'], answer: () => text('hello world\n') }],
  ['/echo', { methods: ['POST'], answer: echo }],
  [
    '/large',
    {
      methods: ['GET', 'HEAD'],
      answer: () => ({ headers: { 'Content-Type': 'application/octet-stream' }, body: zeros }),
    },
  ],
  ['*', { methods: ['OPTIONS'], answer: () => text('') }],
])

/** GET / answers "hello world", GET /large 64 KiB of zeros, POST /echo the content of the request; other paths get 404, other methods 405. */
function hello(request: HttpRequest): HttpResponse {
  const route = routes.get(request.path)
  if (route === undefined) return plain(404)
  if (route.methods.includes(request.method)) return route.answer(request)
  return { ...plain(405), headers: { Allow: route.methods.join(', ') } }
}

export type App = 'hello' | 'echo'

const apps: Readonly<Record<App, Handler>> = { hello, echo }

/** The application of these settings. */
export const handlerOf = ({ app, root }: Pick<HttpSettings, 'app' | 'root'>): Handler =>
  root === undefined ? apps[app] : fileHandler(root, { list: true })
