/**
 * http: an HTTP/1.1 server with two small applications, in the modes of echo. native/servers has most of these in C, with the
 * same answers, byte for byte. All modes share src/http/session.ts, so a client gets the same answers in each.
 */
import type { Program } from '../modes.js'
import { serveByTasks } from './promises.js'
import { serveByReactor } from './reactor.js'
import type { HttpSettings } from './settings.js'

export const http = (settings: HttpSettings): Program => ({
  url: import.meta.url,
  settings,
  connections: settings.connections,
  promises: () => serveByTasks(settings),
  reactor: () => serveByReactor(settings),
})
