// An array of struct pollfd.
import { POLLIN } from '../constants.js'
import { alarmDescriptor, drainAlarm } from './interrupter.js'
import { dataView, field, littleEndian, sizeOf } from '../syscalls/layout.js'
import * as sys from '../syscalls/index.js'
import { interrupted } from '../syscalls/result.js'

const size = sizeOf('pollfd')
const fdField = field('pollfd.fd')
const eventsField = field('pollfd.events')
const reventsField = field('pollfd.revents')

/** An array of struct pollfd, and one more behind it, by which other threads wake this one. poll(2) */
export class Pollfds {
  readonly count: number
  readonly #bytes: Buffer
  readonly #own: Buffer // without the one behind them
  readonly #view: DataView

  constructor(count: number) {
    this.count = count
    this.#bytes = Buffer.alloc((count + 1) * size)
    this.#own = this.#bytes.subarray(0, count * size)
    this.#view = dataView(this.#bytes)
  }

  set(index: number, fd: number, events: number): void {
    this.#view.setInt32(index * size + fdField.offset, fd, littleEndian)
    this.#view.setUint16(index * size + eventsField.offset, events, littleEndian)
  }

  /** The events that `wait` has reported for one. */
  revents(index: number): number {
    return this.#view.getUint16(index * size + reventsField.offset, littleEndian)
  }

  /**
   * Waits. Returns how many have an event, or −errno; 0 when the time is over or another thread has woken this one. With 0
   * milliseconds it only looks, and a signal does not end that.
   */
  wait(timeoutMs: number): number {
    for (;;) {
      const result = this.#poll(timeoutMs)
      if (timeoutMs !== 0 || !interrupted(result)) return result
    }
  }

  #poll(timeoutMs: number): number {
    const alarm = alarmDescriptor()
    if (alarm < 0) return sys.poll(this.#own, timeoutMs)
    this.set(this.count, alarm, POLLIN)
    const result = sys.poll(this.#bytes, timeoutMs)
    if (result <= 0 || this.revents(this.count) === 0) return result
    drainAlarm()
    return result - 1
  }
}
