// Durations, and a timer for any duration.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkTimeout, Timer } from '../lib/tested.js'

describe('a duration', () => {
  test.each([
    [null, null],
    [Infinity, null],
    [0, 0],
    [0.5, 0.5],
    [2 ** 53, 2 ** 53],
  ])('%j is %j', (given, taken) => expect(checkTimeout(given)).toBe(taken))

  test.each([-1, -0.5, -Infinity, NaN])('%j is out of range', given =>
    expect(() => checkTimeout(given, 'options.timeout')).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', message: expect.stringContaining('"options.timeout"') }),
    ),
  )

  test.each(['5', undefined, {}, 5n])('%s is of a wrong type', given =>
    expect(() => checkTimeout(given as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' })),
  )
})

describe('a timer', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const ringing = (ms: number | null): [Timer, () => number] => {
    let rung = 0
    return [new Timer(ms, () => rung++), () => rung]
  }

  test.each([1, 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 33 + 0.5])('of %s ms fires once, then and not earlier', ms => {
    const [, rung] = ringing(ms)
    vi.advanceTimersByTime(Math.ceil(ms) - 1)
    expect(rung()).toBe(0)
    vi.advanceTimersByTime(1)
    expect(rung()).toBe(1)
    vi.advanceTimersByTime(2 ** 34)
    expect(rung()).toBe(1)
  })

  test.each([null, Infinity])('of %s never fires, and sets no timer of Node', ms => {
    ringing(ms)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([100, 2 ** 32])('of %s ms restarts when it is refreshed, also after it has fired', ms => {
    const [timer, rung] = ringing(ms)
    vi.advanceTimersByTime(ms - 1)
    timer.refresh()
    vi.advanceTimersByTime(ms - 1)
    expect(rung()).toBe(0)
    vi.advanceTimersByTime(1)
    expect(rung()).toBe(1)
    timer.refresh()
    vi.advanceTimersByTime(ms)
    expect(rung()).toBe(2)
  })

  test.each([100, 2 ** 32])('of %s ms never fires after it is cleared, even if it is refreshed', ms => {
    const [timer, rung] = ringing(ms)
    vi.advanceTimersByTime(ms - 1)
    timer.clear()
    timer.refresh()
    vi.advanceTimersByTime(2 * ms)
    expect(rung()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([100, 2 ** 32])('of %s ms keeps the process alive while it is held, in each of its parts', ms => {
    const holding = vi.spyOn(globalThis, 'setTimeout')
    const last = (): NodeJS.Timeout => holding.mock.results.at(-1)!.value as NodeJS.Timeout
    const [timer] = ringing(ms)
    expect(last().hasRef()).toBe(true)
    timer.hold(false)
    expect(last().hasRef()).toBe(false)
    vi.advanceTimersByTime(ms - 1)
    expect(last().hasRef()).toBe(false)
    timer.refresh()
    expect(last().hasRef()).toBe(false)
    timer.hold(true)
    expect(last().hasRef()).toBe(true)
    holding.mockRestore()
  })
})
