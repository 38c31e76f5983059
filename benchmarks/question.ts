// What a question is: who is compared, over which cases, by which figures.

/** What one round of one entrant gave, by the names of the columns. */
export type Sample = Readonly<Record<string, number>>

export interface Entrant {
  readonly name: string
  measure(): Promise<Sample>
}

export interface Case {
  readonly name: string
  readonly entrants: readonly Entrant[]
}

export interface Column {
  readonly key: string
  readonly title: string
  readonly digits: number
  /** Whether its ratio to the first entrant's is told. */
  readonly ratio?: boolean
}

/** What the command line asks for. */
export interface Options {
  /** Short rounds, few cases: whether it works, not how fast it is. */
  readonly quick: boolean
  /** The entrants to compare; all where it is empty. */
  readonly only: readonly string[]
  /** Milliseconds of a round. */
  readonly duration: number
  readonly rounds: number
}

export interface Prepared {
  readonly cases: readonly Case[]
  /** Who is not there, and why. */
  readonly skipped: readonly string[]
  close: () => Promise<void>
}

export interface Question {
  readonly title: string
  /** The first is what is compared. */
  readonly columns: readonly Column[]
  /** Whether more of the first column is better. */
  readonly more: boolean
  prepare(options: Options): Promise<Prepared>
}

/** Whether the command line asks for this entrant. */
export const wanted = ({ only }: Options, name: string): boolean => only.length === 0 || only.includes(name)

/** What a load of messages gives. */
export const loadColumns: readonly Column[] = [
  { key: 'perSecond', title: 'a second', digits: 0, ratio: true },
  // What other programs take from the cores does not show in this one.
  { key: 'perCpuSecond', title: 'a CPU second', digits: 0, ratio: true },
  { key: 'userNs', title: 'user ns', digits: 0 },
  { key: 'kernelNs', title: 'kernel ns', digits: 0 },
  { key: 'p50', title: 'p50 µs', digits: 0 },
  { key: 'p99', title: 'p99 µs', digits: 0 },
  { key: 'p99.9', title: 'p99.9 µs', digits: 0 },
  { key: 'errors', title: 'errors', digits: 0 },
]
