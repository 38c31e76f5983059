/**
 * echo: sends back what each client sends, until the client stops sending. The same server several times: `blocking` and
 * `threads` wait in the calls; `select`, `poll` and `epoll`, each a file of ../loops, ask the kernel which of the clients in
 * clients.ts are ready; native/servers has each of these in C. `promises` and `reactor` wait on the event loop.
 */
import { serve as promises } from './promises.js'
import { serve as reactor } from './reactor.js'
import { polled, threaded } from '../modes.js'
import { inThread } from '../serve.js'
import type { Mode } from '../serve.js'

const module = (name: string): URL => new URL(name, import.meta.url)
const program = module('./clients.js')

/** The words of `--mode`. */
export const echoModes: Readonly<Record<string, Mode>> = {
  blocking: inThread(module('./blocking.js')),
  threads: threaded({ thread: module('./thread.js').href }),
  select: polled('select', program),
  poll: polled('poll', program),
  epoll: polled('epoll', program),
  promises,
  reactor,
}
