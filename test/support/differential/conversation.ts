// Random conversations of a reactor's connection with a plain socket. After each step all that can come has come.
import fc from 'fast-check'

export type Turn =
  | { op: 'write' | 'send'; size: number } // of the connection, and of its peer
  | { op: 'end' | 'destroy' | 'pause' | 'resume' } // of the connection
  | { op: 'shutdown' | 'close' | 'reset' | 'receive' } // of the peer

export interface Conversation {
  kind: 'tcp' | 'unix'
  /** Whether the connection's handlers have one for the peer's end, after which it may still write. */
  halfOpen: boolean
  turns: readonly Turn[]
}

/** What has come to the connection, and to its peer, by the end of a turn. */
export interface State {
  data: string
  ended: boolean
  /** Whether it is closed: `true`, or by which errno. */
  closed: boolean | string
  peer: string
}

const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 50 }) },
  { weight: 1, arbitrary: fc.constant(5_000) },
)

const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('write' as const), size }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('send' as const), size }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('pause' as const, 'resume' as const) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('receive' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constantFrom('end' as const, 'destroy' as const, 'shutdown' as const, 'close' as const, 'reset' as const),
    }),
  },
)

export const conversation: fc.Arbitrary<Conversation> = fc.record({
  kind: fc.constantFrom('tcp' as const, 'unix' as const),
  halfOpen: fc.boolean(),
  turns: fc.array(turn, { minLength: 1, maxLength: 16, size: 'max' }),
})
