// How the servers serve: the words of `--mode`. To add one, add its row here; native/servers/loops/modes.h has those of C, and a
// test compares the two.
import type { Polled } from './loops/polled.js'
import { inThread } from './serve.js'
import type { Mode } from './serve.js'
import { threaded } from './threads.js'

/** A program, whose modules are beside the one at `url`. */
export interface Program {
  readonly url: string
  readonly settings?: unknown
  /** The number of clients at a time; default: no limit. */
  readonly connections?: number
  promises(): Mode
  reactor(): Mode
}

const module = (name: string, base: string = import.meta.url): URL => new URL(name, base)

/** A thread for each client. */
const inThreads = ({ url, ...program }: Program): Mode => threaded({ thread: module('./thread.cjs', url), ...program })

/** One thread for all clients. The module `loop` of `loops/` asks the kernel which of them are ready. */
const polled =
  (loop: string) =>
  ({ url, settings }: Program): Mode => {
    const what: Polled = {
      loop: module(`./loops/${loop}.js`).href,
      program: module('./clients.js', url).href,
      settings,
    }
    return inThread(module('./loops/polled.js'), what)
  }

export const modes: Readonly<Record<string, (program: Program) => Mode>> = {
  blocking: ({ url, settings }) => inThread(module('./blocking.js', url), settings),
  threads: inThreads,
  select: polled('select'),
  poll: polled('poll'),
  epoll: polled('epoll'),
  promises: program => program.promises(),
  reactor: program => program.reactor(),
}
