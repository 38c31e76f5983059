// Text that others have chosen, in a line for a terminal or a log: names of sockets, processes and hosts.

// Control characters, those that change the direction of text, and separators of lines.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')

/** The text in one line, without characters that a terminal obeys: an escape is `\x1b`. */
export const printable = (text: string): string =>
  text.replace(unprintable, character => {
    const code = character.codePointAt(0)!
    return code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`
  })

/** The same for a value as JSON, of which it stays a form. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(unprintable, character =>
    Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(''),
  )
