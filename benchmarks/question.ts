// A question: the entrants that are compared, the cases, and the figures.

/** The figures of one round of one entrant, by name. */
export type Sample = Readonly<Record<string, number>>

export interface Entrant {
  readonly name: string
  measure(): Promise<Sample>
}

export interface Case {
  readonly name: string
  /** The values that vary between cases, for the plots: connections, size, depth, rate. */
  readonly shape?: object
  readonly entrants: readonly Entrant[]
}

export interface Column {
  readonly key: string
  readonly title: string
  readonly digits: number
  /** Whether the ratio to the first entrant's figure is shown. */
  readonly ratio?: boolean
}

/** The options of the command line. */
export interface Options {
  /** Short rounds and few cases: tests that the benchmarks work, not how fast anything is. */
  readonly quick: boolean
  /** The entrants to compare; empty: all. */
  readonly only: readonly string[]
  /** The length of a round, in milliseconds. */
  readonly duration: number
  readonly rounds: number
}

export interface Prepared {
  readonly cases: readonly Case[]
  /** The entrants that are missing, and why. */
  readonly skipped: readonly string[]
  close?: () => Promise<void>
}

export interface Question {
  readonly title: string
  /** The first is the figure that is compared. Figures without a column are recorded, but not shown. */
  readonly columns: readonly Column[]
  /** Whether the servers keep running from case to case: the first case then runs once uncounted, as a warm-up. */
  readonly warm: boolean
  prepare(options: Options): Promise<Prepared>
}
