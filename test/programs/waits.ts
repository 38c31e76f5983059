// Prints the bytes of the heap that a wait takes, with each kind of options: test/all/waits.js. The young
// generation is so large that no garbage is collected meanwhile.
import { AF_UNIX, SOCK_STREAM } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import type { WaitOptions } from 'bsd-sockets/promises'

declare const gc: () => void

const message = new Uint8Array(64)
const { signal } = new AbortController()
const timeout = 600_000
const kinds: Readonly<Record<string, WaitOptions | undefined>> = {
  none: undefined,
  signal: { signal },
  timeout: { timeout },
  both: { signal, timeout },
}

async function wait(count: number, options: WaitOptions | undefined): Promise<void> {
  for (let i = 0; i < count; i++) {
    const waiting = to.recvInto(message, options)
    from.trySend(message)
    await waiting
  }
}

const [from, to] = Socket.pair(AF_UNIX, SOCK_STREAM)
const counted = 1000
const taken: Record<string, number> = {}
// The minimum of many rounds: compilation takes heap, and interpreted code takes more than compiled code.
// A busy machine compiles later, so the rounds go on until no minimum has changed for long.
for (let settled = 0; settled < 120; settled++) {
  for (const [kind, options] of Object.entries(kinds)) {
    gc()
    const before = process.memoryUsage().heapUsed
    await wait(counted, options)
    const bytes = (process.memoryUsage().heapUsed - before) / counted
    if (bytes > (taken[kind] ?? Infinity) - 1) continue
    taken[kind] = bytes
    settled = 0
  }
}
from.close()
to.close()
console.log(JSON.stringify(taken))
