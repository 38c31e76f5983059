/**
 * echo: sends back what each client sends, until the client stops sending. The same server several times: `blocking` and
 * `threads` wait in the calls; `select`, `poll` and `epoll`, each a file of ../loops, ask the kernel which of the clients in
 * clients.ts are ready; native/servers has each of these in C. `promises` and `reactor` wait on the event loop.
 */
import type { Program } from '../modes.js'
import { serve as promises } from './promises.js'
import { serve as reactor } from './reactor.js'

export const echo: Program = { url: import.meta.url, promises: () => promises, reactor: () => reactor }
