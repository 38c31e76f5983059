// What a question is: who is compared, over which cases, by which figures.

/** What one round of one entrant gave, by the names of the figures. */
export type Sample = Readonly<Record<string, number>>

export interface Entrant {
  readonly name: string
  measure(): Promise<Sample>
}

export interface Case {
  readonly name: string
  /** What is varied, for the plots: connections, size, depth, rate. */
  readonly shape?: object
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
  close?: () => Promise<void>
}

export interface Question {
  readonly title: string
  /** The first is what is compared. Other figures are kept without being shown. */
  readonly columns: readonly Column[]
  /** Whether the servers live on from case to case, so that the first of these is run once uncounted. */
  readonly warm: boolean
  prepare(options: Options): Promise<Prepared>
}
