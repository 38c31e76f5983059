// Copies between a channel, and standard input and output.
import { once } from 'node:events'
import { Timer } from '../../timers.js'
import type { Channel } from './channel.js'
import { dump } from './hex-dump.js'
import type { Pieces } from './pieces.js'

export interface Manner {
  /** Whether all ends with the other end's last byte, as for a listener, when no input is there; else it goes on sending. */
  readonly endsWithPeer: boolean
  /** Whether the end of input is told to the other end. */
  readonly shutdown: boolean
  /** Milliseconds from the end of input to the end of all; null: no limit. */
  readonly linger: number | null
  /** Milliseconds without a byte after which all ends; null: no limit. */
  readonly idle: number | null
  /** Whether lines end with CR and LF over the socket. */
  readonly crlf: boolean
  /** Whether all bytes are shown on standard error. */
  readonly hexDump: boolean
  /** What is sent if the input is empty. */
  readonly atLeast?: Buffer | undefined
}

async function output(bytes: Buffer): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
}

/** Puts a CR before each LF that has none. It remembers the end of the piece before. */
function crlfs(): (bytes: Buffer) => Buffer {
  let last = 0
  return bytes => {
    const out: number[] = []
    for (const byte of bytes) {
      if (byte === 10 && last !== 13) out.push(13)
      out.push((last = byte))
    }
    return Buffer.from(out)
  }
}

const isGone = (error: unknown): boolean =>
  ['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')

/**
 * Copies in both directions until both are done; without `input` it only receives. If the other end does not take bytes any more, what it has sent is received
 * before that error is thrown.
 */
export async function relay(channel: Channel, input: Pieces | undefined, manner: Manner): Promise<void> {
  const { idle, linger, hexDump } = manner
  const [dumpIn, dumpOut] = hexDump ? [dump('<'), dump('>')] : []
  const enough = new AbortController()
  let failure: Error | undefined
  const stop = (): void => {
    try {
      channel.close()
    } catch (error) {
      failure ??= error as Error // also of a timer. The descriptor is closed anyway: close(2)
    }
    enough.abort()
  }
  const patience = new Timer(idle, stop)
  let quit: Timer | undefined
  const convert = manner.crlf ? crlfs() : (bytes: Buffer): Buffer => bytes

  async function receive(): Promise<void> {
    for (;;) {
      const bytes = await channel.receive()
      if (bytes === null) break
      patience.refresh()
      dumpIn?.(bytes)
      await output(bytes)
    }
    if (manner.endsWithPeer) enough.abort()
  }

  async function send(): Promise<void> {
    if (input === undefined) return
    let { atLeast } = manner
    for (;;) {
      const piece = (await input.next(enough.signal)) ?? undefined
      if (piece === undefined && (atLeast === undefined || enough.signal.aborted)) break
      const bytes = convert(piece ?? atLeast!)
      atLeast = undefined
      patience.refresh()
      dumpOut?.(bytes)
      await channel.send(bytes)
    }
    if (manner.shutdown) await channel.endSending()
    if (linger !== null && !enough.signal.aborted) quit = new Timer(linger, stop)
  }

  try {
    const receiving = receive()
    const sending = send().catch(async (error: unknown) => {
      if (!isGone(error)) stop()
      await receiving
      throw error
    })
    receiving.catch(stop)
    await Promise.all([receiving, sending])
    await channel.endSending()
  } finally {
    patience.clear()
    quit?.clear()
    stop()
  }
  if (failure !== undefined) throw failure
}
