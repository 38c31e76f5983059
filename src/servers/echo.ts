/**
 * echo: sends back what each client sends, until the client says that it is done. The same server several times:
 * `blocking` and `threads` wait inside the calls; `select`, `poll` and `epoll`, in a file each, ask the kernel which of
 * the clients in echo-clients.ts have something to do. native/servers has each of them in C, under the same name.
 */
import { inThread } from './serve.js'
import type { Mode } from './serve.js'

/** The words of `--mode`. */
export const echoModes: Readonly<Record<string, Mode>> = {
  blocking: inThread(new URL('./echo-blocking.js', import.meta.url)),
  threads: inThread(new URL('./echo-threads.js', import.meta.url)),
  select: inThread(new URL('./echo-select.js', import.meta.url)),
  poll: inThread(new URL('./echo-poll.js', import.meta.url)),
  epoll: inThread(new URL('./echo-epoll.js', import.meta.url)),
}
