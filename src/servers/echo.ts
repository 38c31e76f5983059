/**
 * echo: sends back what each client sends, until the client says that it is done. The same server several times:
 * `blocking` and `threads` wait inside the calls; `select`, `poll` and `epoll`, in a file each, ask the kernel which of
 * the clients in echo-clients.ts have something to do; native/servers has each of these in C. `promises` and `reactor`
 * leave the waiting to the event loop.
 */
import { serve as promises } from './echo-promises.js'
import { serve as reactor } from './echo-reactor.js'
import { module, polled, threaded } from './modes.js'
import { inThread } from './serve.js'
import type { Mode } from './serve.js'

const program = module('./echo-clients.js')

/** The words of `--mode`. */
export const echoModes: Readonly<Record<string, Mode>> = {
  blocking: inThread(module('./echo-blocking.js')),
  threads: threaded({ thread: module('./echo-thread.js').href }),
  select: polled('./select.js', program),
  poll: polled('./poll.js', program),
  epoll: polled('./epoll.js', program),
  promises,
  reactor,
}
