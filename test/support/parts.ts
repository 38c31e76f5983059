// Code on a page that is a part of a program.

/** Without the spaces that all of the lines begin with. */
function dedented(lines: readonly string[]): string {
  const margins = lines.filter(line => line.trim() !== '').map(line => /^ */.exec(line)![0].length)
  const margin = Math.min(...margins)
  return lines.map(line => line.slice(margin)).join('\n')
}

/** Whether these lines are in a program, one after the other, perhaps further to the right. */
export function isPart(block: string, program: string): boolean {
  const wanted = block.split('\n')
  const lines = program.split('\n')
  return lines.some((_, at) => dedented(lines.slice(at, at + wanted.length)) === block)
}
