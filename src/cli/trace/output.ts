// The forms in which a conversation is written.
import { htmlOf } from './html.js'
import { recordOf } from './json.js'
import { layoutOf } from './layout.js'
import { endedAt } from './steps.js'
import type { Step } from './steps.js'
import { svgOf } from './svg.js'
import { TextLadder } from './text.js'
import type { TextOptions } from './text.js'

/** What is written while the trace goes on, and at its end. */
export interface Output {
  /** A step has begun to wait, or has returned. */
  step?(step: Step): void
  /** Nothing has happened for a moment. */
  idle?(): void
  /** The trace is complete, with these steps. */
  end?(steps: readonly Step[]): void
}

interface OutputOptions extends TextOptions {
  readonly title: string
}

export const outputs = {
  text(options) {
    const ladder = new TextLadder(options)
    return { step: step => ladder.draw(step), idle: () => ladder.idle() }
  },
  json: ({ write }) => ({
    step(step) {
      if (endedAt(step) !== undefined) write(`${JSON.stringify(recordOf(step))}\n`)
    },
  }),
  svg: ({ write, bytes, title }) => ({ end: steps => write(svgOf(layoutOf(steps, bytes), title)) }),
  html: ({ write, bytes, title }) => ({ end: steps => write(htmlOf(steps, bytes, title)) }),
} satisfies Readonly<Record<string, (options: OutputOptions) => Output>>
