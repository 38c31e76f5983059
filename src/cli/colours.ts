// Colours, for terminals only.
import { styleText } from 'node:util'
import type { WriteStream } from 'node:tty'

export type Style = Parameters<typeof styleText>[0]

const given = (name: string): boolean => (process.env[name] ?? '') !== ''

/** Whether to colour: `FORCE_COLOR` decides (0 and false: no), else `NO_COLOR` (any: no), else whether it is a terminal. */
function coloured(stream: WriteStream): boolean {
  if (given('FORCE_COLOR')) return !['0', 'false'].includes(process.env.FORCE_COLOR!)
  return !given('NO_COLOR') && stream.isTTY
}

/** `text` in this style if `stream` shows colours; otherwise unchanged. */
export const paint = (name: Style, text: string, stream: WriteStream = process.stdout): string =>
  coloured(stream) ? styleText(name, text, { validateStream: false }) : text // false: `coloured` has decided
