// Finds what a misspelt word was meant to be.

/** The number of letters to insert, remove, replace or swap with a neighbour to turn `a` into `b`. Damerau, 1964 */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)] // of the first i letters of a and the first j of b
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : Infinity
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replaced, swapped))
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}

/** `; did you mean 'nearest'?`, or an empty string if no word is similar: a third of its letters may differ, rounded up. */
export function didYouMean(word: string, words: Iterable<string>): string {
  let best = ''
  let least = Infinity
  for (const candidate of words) {
    const letters = distance(word.toLowerCase(), candidate.toLowerCase())
    if (letters < least && letters <= Math.ceil(candidate.length / 3)) [best, least] = [candidate, letters]
  }
  return best === '' ? '' : `; did you mean '${best}'?`
}
