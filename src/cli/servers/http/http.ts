/**
 * http: an HTTP/1.1 server with two small applications, in the modes of echo. native/servers has most of these in C, with the
 * same answers, byte for byte. All modes share src/http/session.ts, so a client gets the same answers in each.
 */
import { serveByTasks } from './promises.js'
import { serveByReactor } from './reactor.js'
import type { HttpSettings } from './settings.js'
import { polled, threaded } from '../modes.js'
import { inThread } from '../serve.js'
import type { Mode } from '../serve.js'

const module = (name: string): URL => new URL(name, import.meta.url)
const program = module('./clients.js')

/** The words of `--mode`. */
export const httpModes: Readonly<Record<string, (settings: HttpSettings) => Mode>> = {
  blocking: settings => inThread(module('./blocking.js'), settings),
  threads: settings => threaded({ thread: module('./thread.js').href, settings, connections: settings.connections }),
  select: settings => polled('select', program, settings),
  poll: settings => polled('poll', program, settings),
  epoll: settings => polled('epoll', program, settings),
  promises: serveByTasks,
  reactor: serveByReactor,
}
