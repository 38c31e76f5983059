// The kernel of a selector by select(2), on every system, for descriptors below FD_SETSIZE.
import { waitForSelect } from '../select.js'
import type { Wait } from '../wait.js'
import { EVENT_READ, EVENT_WRITE, StatelessKernel } from './kernel.js'
import type { Kernel, Registered } from './kernel.js'

export class SelectKernel extends StatelessKernel implements Kernel {
  readonly syscall = 'select'

  wait(registered: ReadonlyMap<number, Registered>, wait: Wait): [fd: number, events: number][] {
    const wanting = (event: number): number[] =>
      [...registered].flatMap(([fd, { events }]) => (events & event ? fd : []))
    const lists: [number[], number[], number[]] = [wanting(EVENT_READ), wanting(EVENT_WRITE), []]
    const isReady = waitForSelect(lists, wait)
    const ready = new Map<number, number>()
    for (const [list, event] of [EVENT_READ, EVENT_WRITE].entries()) {
      lists[list]!.forEach((fd, index) => {
        if (isReady(list, index)) ready.set(fd, (ready.get(fd) ?? 0) | event)
      })
    }
    return [...ready]
  }
}
