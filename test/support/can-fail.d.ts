import type { PublicName } from './public-names.js'

export interface Failures {
  readonly fails: boolean
  readonly calls: boolean
}

export function failures(name: PublicName): Failures | undefined
