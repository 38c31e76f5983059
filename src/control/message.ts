// What a known control message is. Each has a file here; `messages.ts` is the table of them.
import type { Structure } from '../structs/structure.js'
import type { View } from '../syscalls/native.js'

/** One level and type of a message, which is received as an `R`, and sent as an `S`; never: it is not. */
export interface Row<R, S> {
  readonly level: number
  readonly type: number
  /** Undefined if the data are too short. It never throws: whatever a peer sends, the message must be received. */
  readonly read?: (data: Buffer) => R | undefined
  /** Throws a TypeError or a RangeError that names the property which is wrong. */
  readonly write?: (value: S) => View
  /** Whether a value is sent by this row, of several, on a socket of that family. Default: yes. */
  readonly sends?: (value: S, family: number) => boolean
}

/** A message: a row for each protocol that has one. */
export type Message<R, S> = readonly Row<R, S>[]

type Maybe<T> = Omit<T, 'level' | 'type'> & { readonly level: number | undefined; readonly type: number | undefined }

/** The rows of a message that this system has. */
export const message = <R = never, S = never>(...rows: Maybe<Row<R, S>>[]): Message<R, S> =>
  rows.filter((row): row is Row<R, S> => row.level !== undefined && row.type !== undefined)

/** Reads a structure. */
export const whole =
  <T>({ room, decode }: Structure<T>) =>
  (data: Buffer): T | undefined =>
    data.length < room ? undefined : decode(data)
