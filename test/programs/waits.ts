// Prints the bytes of the heap that a wait takes, with each kind of options: test/promises/waits.test.ts. The young
// generation is so large that no garbage is collected meanwhile.
import { AF_UNIX, SOCK_STREAM } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import type { WaitOptions } from 'bsd-sockets/promises'

declare const gc: () => void

const bytes = new Uint8Array(64)
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
    const waiting = to.recvInto(bytes, options)
    from.trySend(bytes)
    await waiting
  }
}

const [from, to] = Socket.pair(AF_UNIX, SOCK_STREAM)
const counted = 1000
const taken: Record<string, number> = {}
// The minimum of many rounds: compilation takes heap, and interpreted code takes more than compiled code.
for (let round = 0; round < 160; round++) {
  for (const [kind, options] of Object.entries(kinds)) {
    gc()
    const before = process.memoryUsage().heapUsed
    await wait(counted, options)
    taken[kind] = Math.min(taken[kind] ?? Infinity, (process.memoryUsage().heapUsed - before) / counted)
  }
}
from.close()
to.close()
console.log(JSON.stringify(taken))
