/** A table of what took how long, the longest first. A row is a name, milliseconds, and what else there is to tell. */
export function secondsTable(title, rows) {
  const width = Math.max(...rows.map(([name]) => name.length))
  const line = ([name, milliseconds, ...rest]) =>
    [name.padEnd(width), (milliseconds / 1000).toFixed(1).padStart(8), ...rest].join('  ')
  const sorted = [...rows].sort(([, a], [, b]) => b - a)
  return [`\n${title}, in seconds:`, ...sorted.map(line)].join('\n')
}
