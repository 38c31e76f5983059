/**
 * http: an HTTP/1.1 server with two small applications, in the modes of echo; native/servers has most of them in C, and
 * says the same, byte for byte. What a client gets is the same in all: ../http/session.ts.
 */
import { serveByTasks } from './http-promises.js'
import { serveByReactor } from './http-reactor.js'
import type { HttpSettings } from './http-settings.js'
import { module, polled, threaded } from './modes.js'
import { inThread } from './serve.js'
import type { Mode } from './serve.js'

const program = module('./http-clients.js')

/** The words of `--mode`. */
export const httpModes: Readonly<Record<string, (settings: HttpSettings) => Mode>> = {
  blocking: settings => inThread(module('./http-blocking.js'), settings),
  threads: settings =>
    threaded({ thread: module('./http-thread.js').href, settings, connections: settings.connections }),
  select: settings => polled('./select.js', program, settings),
  poll: settings => polled('./poll.js', program, settings),
  epoll: settings => polled('./epoll.js', program, settings),
  promises: serveByTasks,
  reactor: serveByReactor,
}
