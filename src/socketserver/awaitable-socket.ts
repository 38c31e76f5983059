// The server's own socket: a synchronous Socket that the event loop can wait for.
import { READABLE } from '../loop.js'
import { checkSignal } from '../promises/on-abort.js'
import { Turn } from '../promises/turn.js'
import type { WaitOptions } from '../promises/turn.js'
import { Turns } from '../promises/turns.js'
import { Socket } from '../sockets/socket.js'
import { checkTimeout } from '../timers.js'

export class AwaitableSocket extends Socket {
  #turns: Turns | undefined
  #paused = false

  /**
   * Tries `step` whenever the socket becomes readable. Resolves with its first result that is not null; rejects with ECANCELED
   * when the socket is closed.
   */
  async whenReadable<Result>(
    syscall: string,
    step: () => Result | null,
    wait: WaitOptions | undefined,
  ): Promise<Result> {
    const signal = checkSignal(wait?.signal)
    const timeout = checkTimeout(wait?.timeout ?? null)
    const unpaused = (): Result | null => (this.#paused ? null : step())
    const result = unpaused()
    if (result !== null) return result
    this.#turns ??= new Turns(this.fd, true)
    const turn = new Turn(unpaused, syscall)
    return this.#turns.take(READABLE, turn, signal, timeout, undefined)
  }

  /** Whether steps are suspended. */
  get paused(): boolean {
    return this.#paused
  }

  set paused(paused: boolean) {
    this.#paused = paused
    if (!paused) this.#turns?.ready(READABLE)
  }

  protected override released(): void {
    this.#turns?.end()
    this.#turns = undefined
  }
}
