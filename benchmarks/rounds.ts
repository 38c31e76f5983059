// Interleaved rounds, A B A B: disturbances of the machine affect all entrants alike.
import type { Case, Column, Sample } from './question.js'

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Row {
  readonly name: string
  /** By column: the ratio of the figure to that of the first entrant in the same round. */
  readonly ratios: Readonly<Record<string, Summary>>
  readonly figures: Readonly<Record<string, Summary>>
}

export interface CaseResult {
  readonly name: string
  readonly shape?: object
  readonly rows: readonly Row[]
}

function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

const summaries = (
  keys: readonly string[],
  samples: readonly Sample[],
  figure: (key: string, sample: Sample, round: number) => number,
): Record<string, Summary> =>
  Object.fromEntries(keys.map(key => [key, summarize(samples.map((sample, round) => figure(key, sample, round)))]))

/** Measures each entrant once in each round; every other round runs in reverse order. */
export async function measureCase(
  { name, shape, entrants }: Case,
  columns: readonly Column[],
  rounds: number,
  progress: (text: string) => void,
): Promise<CaseResult> {
  const samples = entrants.map((): Sample[] => [])
  for (let round = 0; round < rounds; round++) {
    const order = entrants.map((_, i) => (round % 2 === 0 ? i : entrants.length - 1 - i))
    for (const i of order) {
      progress(`${name}: round ${round + 1} of ${rounds}: ${entrants[i]!.name}`)
      samples[i]!.push(await entrants[i]!.measure())
    }
  }
  const compared = columns.map(({ key, ratio }) => (ratio && key in samples[0]![0]! ? key : '')).filter(Boolean)
  return {
    name,
    ...(shape && { shape }),
    rows: entrants.map((entrant, i) => ({
      name: entrant.name,
      ratios: summaries(compared, samples[i]!, (key, sample, round) => sample[key]! / samples[0]![round]![key]!),
      figures: summaries(Object.keys(samples[i]![0]!), samples[i]!, (key, sample) => sample[key]!),
    })),
  }
}
