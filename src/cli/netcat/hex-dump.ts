// Shows bytes on standard error, in the form of hexdump -C.

/** Shows one direction: each line begins with `mark`, and with the offset of its first byte. */
export function dump(mark: '<' | '>'): (bytes: Buffer) => void {
  let offset = 0
  return bytes => {
    for (let at = 0; at < bytes.length; at += 16) {
      const row = bytes.subarray(at, at + 16)
      const hex = Array.from(row, byte => byte.toString(16).padStart(2, '0'))
      const halves = [hex.slice(0, 8).join(' '), hex.slice(8).join(' ')]
      const text = row.toString('latin1').replaceAll(/[^ -~]/g, '.')
      const number = offset.toString(16).padStart(8, '0')
      process.stderr.write(`${mark} ${number}  ${halves[0]!.padEnd(23)}  ${halves[1]!.padEnd(23)}  |${text}|\n`)
      offset += row.length
    }
  }
}
