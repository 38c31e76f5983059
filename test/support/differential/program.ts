// Random programs of socket calls. A program is a list of steps. A step refers to sockets by numbers, modulo the number of
// existing sockets, so that a shortened program is still valid.
import fc from 'fast-check'

/** The kind of a new socket. */
export const kinds = ['tcp', 'tcp6', 'udp', 'unix', 'unix-datagram', 'unix-seqpacket'] as const
export type Kind = (typeof kinds)[number]

export const flagNames = ['MSG_DONTWAIT', 'MSG_OOB', 'MSG_PEEK', 'MSG_TRUNC', 'MSG_WAITALL'] as const
export type FlagName = (typeof flagNames)[number]

/** Options whose values do not depend on the machine, each with its level. */
export const optionNames = {
  SO_ACCEPTCONN: 'SOL_SOCKET',
  SO_BROADCAST: 'SOL_SOCKET',
  SO_DOMAIN: 'SOL_SOCKET',
  SO_ERROR: 'SOL_SOCKET',
  SO_KEEPALIVE: 'SOL_SOCKET',
  SO_OOBINLINE: 'SOL_SOCKET',
  SO_PASSCRED: 'SOL_SOCKET',
  SO_PRIORITY: 'SOL_SOCKET',
  SO_PROTOCOL: 'SOL_SOCKET',
  SO_RCVLOWAT: 'SOL_SOCKET',
  SO_REUSEADDR: 'SOL_SOCKET',
  SO_REUSEPORT: 'SOL_SOCKET',
  SO_TYPE: 'SOL_SOCKET',
  TCP_CORK: 'IPPROTO_TCP',
  TCP_KEEPIDLE: 'IPPROTO_TCP',
  TCP_MAXSEG: 'IPPROTO_TCP',
  TCP_NODELAY: 'IPPROTO_TCP',
  TCP_USER_TIMEOUT: 'IPPROTO_TCP',
  IP_TTL: 'IPPROTO_IP',
  IPV6_V6ONLY: 'IPPROTO_IPV6',
} as const
export type OptionName = keyof typeof optionNames

export type Step =
  | { op: 'open'; kind: Kind }
  | { op: 'pair'; kind: Kind }
  | { op: 'served'; kind: Kind } // a listener, a client that is connected to it, and the accepted socket
  | { op: 'bind'; at: number }
  | { op: 'listen'; at: number; backlog: number }
  | { op: 'accept' | 'close' | 'reset' | 'dup' | 'getsockname' | 'getpeername' | 'poll'; at: number }
  | { op: 'connect'; at: number; to: number }
  | { op: 'send' | 'sendall'; at: number; size: number; flags: readonly FlagName[] }
  | { op: 'sendto'; at: number; to: number; size: number }
  | { op: 'sendmsg'; at: number; sizes: readonly number[] }
  | { op: 'sendfd'; at: number; what: number }
  | { op: 'recv' | 'recvInto' | 'recvfrom' | 'recvmsg'; at: number; size: number; flags: readonly FlagName[] }
  | { op: 'recvfd'; at: number }
  | { op: 'shutdown'; at: number; how: 0 | 1 | 2 }
  | { op: 'getsockopt'; at: number; name: OptionName }
  | { op: 'setsockopt'; at: number; name: OptionName; value: number }
  | { op: 'settimeout'; at: number; ms: 0 | 20 }
  // Starts a concurrent receive, which ends with the next `join`, or with the program.
  | { op: 'begin'; at: number; size: number }
  | { op: 'join' }

/** Whether Python's sockets block as C's do, or have a timeout. With a timeout, Python waits before it makes the call. */
export interface Program {
  blocking: boolean
  steps: readonly Step[]
}

/** The outcome of a call: a value, or the name of an errno. */
export type Outcome = { value: unknown } | { error: string }

const at = fc.nat(7)
const kind = fc.constantFrom(...kinds)
const size = fc.oneof({ weight: 5, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constantFrom(0, 1, 1000, 9000) })
const flags = (...names: FlagName[]): fc.Arbitrary<readonly FlagName[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: fc.subarray(names, { maxLength: 2 }) })
const optionName = fc.constantFrom(...(Object.keys(optionNames) as OptionName[]))
const one = <Op extends Step['op']>(op: Op): fc.Arbitrary<Op> => fc.constant(op)

// The weights of the steps: mostly sends and receives, connections less often, ends least often.
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ op: one('open'), kind }) },
  { weight: 3, arbitrary: fc.record({ op: one('pair'), kind }) },
  { weight: 4, arbitrary: fc.record({ op: one('served'), kind }) },
  { weight: 2, arbitrary: fc.record({ op: one('bind'), at }) },
  { weight: 2, arbitrary: fc.record({ op: one('listen'), at, backlog: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ op: one('connect'), at, to: at }) },
  { weight: 2, arbitrary: fc.record({ op: one('accept'), at }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constantFrom('send' as const, 'sendall' as const),
      at,
      size,
      flags: flags('MSG_DONTWAIT', 'MSG_OOB'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: one('sendto'), at, to: at, size }) },
  { weight: 2, arbitrary: fc.record({ op: one('sendmsg'), at, sizes: fc.array(fc.nat(20), { maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ op: one('sendfd'), at, what: at }) },
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constantFrom('recv' as const, 'recvInto' as const, 'recvfrom' as const, 'recvmsg' as const),
      at,
      size,
      flags: flags(...flagNames),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: one('recvfd'), at }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: one('shutdown'), at, how: fc.constantFrom(0 as const, 1 as const, 2 as const) }),
  },
  { weight: 2, arbitrary: fc.record({ op: one('close'), at }) },
  { weight: 1, arbitrary: fc.record({ op: one('reset'), at }) },
  { weight: 1, arbitrary: fc.record({ op: one('dup'), at }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constantFrom('getsockname' as const, 'getpeername' as const, 'poll' as const), at }),
  },
  { weight: 3, arbitrary: fc.record({ op: one('getsockopt'), at, name: optionName }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: one('setsockopt'), at, name: optionName, value: fc.constantFrom(-1, 0, 1, 2, 300) }),
  },
  { weight: 2, arbitrary: fc.record({ op: one('settimeout'), at, ms: fc.constantFrom(0 as const, 20 as const) }) },
  { weight: 2, arbitrary: fc.record({ op: one('begin'), at, size: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ op: one('join') }) },
)

/** A random program of at most this many steps. */
export const program = (maxLength: number): fc.Arbitrary<Program> =>
  fc.record({ blocking: fc.boolean(), steps: fc.array(step, { minLength: 1, maxLength, size: 'max' }) })

/** The bytes that a step sends. All are equal, so that received bytes identify the step. */
export const payload = (index: number, length: number): Buffer => Buffer.alloc(length, index + 1)

/** Bytes as text, by their runs: `3*5 1*7`. */
export function runs(bytes: Uint8Array): string {
  const found: [value: number, length: number][] = []
  for (const value of bytes) {
    const last = found.at(-1)
    if (last?.[0] === value) last[1]++
    else found.push([value, 1])
  }
  return found.map(([value, length]) => `${value}*${length}`).join(' ')
}
