// Random conversations between a reactor's connection and a plain socket. Each step ends when everything has arrived.
import fc from 'fast-check'

export type Turn =
  | { op: 'write' | 'send'; size: number } // of the connection, and of its peer
  | { op: 'end' | 'destroy' | 'pause' | 'resume' } // of the connection
  | { op: 'shutdown' | 'close' | 'reset' | 'receive' } // of the peer

export interface Conversation {
  kind: 'tcp' | 'unix'
  /** Whether the connection has a handler of the peer's end, and so may still write after it. */
  halfOpen: boolean
  turns: readonly Turn[]
}

/** What the connection and its peer have received by the end of a turn. */
export interface State {
  data: string
  ended: boolean
  /** `true` or the errno if it is closed. */
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
