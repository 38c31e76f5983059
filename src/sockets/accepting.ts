// What a server does when accept(2) fails: skip a lost client, pause while a resource is lacking, or give up. And how it stops
// without the loss of a client.
import { SO_ATTACH_FILTER, SOL_SOCKET } from '../constants.js'
import { isSocketError } from '../errors.js'
import { call } from '../syscalls/native.js'
import type { View } from '../syscalls/native.js'

// The client has left, or its network has failed: it is out of the queue, and the next accept can succeed. accept(2) also
// lists EOPNOTSUPP, which is left out: it is also the error of a socket that can never accept.
const passing = new Set([
  ...['ECONNABORTED', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENONET', 'ENOPROTOOPT', 'EPROTO'],
])

// No descriptor, no memory, or a refusal of a security module: the client still waits, and the next call would fail too.
const lacking = new Set(['EACCES', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM'])

const pauseMs = 100
const quietMs = 1000

const warn = (error: Error): void =>
  process.emitWarning(`A server cannot accept a client: ${error.message}`, { code: 'BSD_SOCKETS_ACCEPT' })

/**
 * How long a server that stops still serves as before, in milliseconds. Meanwhile the handshakes that have begun end, and the first
 * request of a client that has just connected arrives.
 */
export const settleMs = 100

const attachFilter = call<((fd: number, level: number, name: number, instructions: View) => number) | undefined>(
  'setsockopt_fprog',
)

// A classic BPF program, which sees a segment from its TCP header on: drops the segment if it has SYN and no ACK. bpf(2)
function dropsSyn(): Uint8Array {
  const instructions = [
    { code: 0x30, k: 13 }, // load the byte of the flags
    { code: 0x54, k: 0x12 }, // keep SYN and ACK
    { code: 0x15, otherwise: 1, k: 0x02 }, // if that is SYN alone, the next instruction, else the one after it
    { code: 0x06, k: 0 }, // drop
    { code: 0x06, k: 0xffff_ffff }, // take all bytes
  ]
  const bytes = new Uint8Array(8 * instructions.length)
  const codes = new Uint16Array(bytes.buffer)
  const operands = new Uint32Array(bytes.buffer)
  instructions.forEach(({ code, otherwise = 0, k }, i) => {
    codes[4 * i] = code
    bytes[8 * i + 3] = otherwise
    operands[2 * i + 1] = k
  })
  return bytes
}

/**
 * Lets a listening TCP socket begin no further handshake; those that have begun still end, and can be accepted. Closing the socket
 * at once would reset every connection that the kernel makes after the last accept(2). The kernel drops the SYN of a new client,
 * which sends it again after a second: then the socket is closed and the client is refused, or another server listens. Returns false
 * if the kernel cannot do it. It holds for each duplicate of the descriptor, in other processes too. socket(7), SO_ATTACH_FILTER
 */
export const refuseHandshakes = (fd: number): boolean =>
  attachFilter !== undefined && attachFilter(fd, SOL_SOCKET, SO_ATTACH_FILTER!, dropsSyn()) === 0

/** Decides what follows a failure of accept(2); one for each listener. */
export class AcceptFailures {
  readonly #tell: (error: Error) => void
  #told = -Infinity

  /** `tell` is called with the errors that pause accepting, at most once a second; default: emits a warning of the process. */
  constructor(tell: (error: Error) => void = warn) {
    this.#tell = tell
  }

  /**
   * Returns the milliseconds for which accepting has to pause after this error; 0 if it concerns one client only. Throws an error
   * of the listener itself, and one that is no SocketError: trying again would not help.
   */
  pause(error: unknown): number {
    if (!isSocketError(error)) throw error
    if (passing.has(error.code)) return 0
    if (!lacking.has(error.code)) throw error
    const now = performance.now()
    if (now - this.#told >= quietMs) {
      this.#told = now
      this.#tell(error)
    }
    return pauseMs
  }
}
