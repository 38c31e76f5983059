// The modes that echo and http share.
import type { Polled } from './loops/polled.js'
import { inThread } from './serve.js'
import type { Mode } from './serve.js'
import type { Threaded } from './threads.js'

const module = (name: string): URL => new URL(name, import.meta.url)

/** A thread for each client. */
export const threaded = (what: Threaded): Mode => inThread(module('./threads.js'), what)

/** One thread for all clients. The module `loop` of `loops/` asks the kernel which of them are ready. */
export function polled(loop: string, program: URL, settings?: unknown): Mode {
  const what: Polled = { loop: module(`./loops/${loop}.js`).href, program: program.href, settings }
  return inThread(module('./loops/polled.js'), what)
}
