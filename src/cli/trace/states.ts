// The sockets of a conversation, and their states as the calls of both ends tell them. tcp(7), RFC 9293, 3.3.2
import type { Endpoint } from './event.js'
import type { Lane, Step } from './steps.js'

export type State =
  | 'CLOSED'
  | 'BOUND'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'CONNECTED'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'

/** A state that a call has caused, at its own end or at the other. */
export interface Change {
  readonly socket: TracedSocket
  readonly state: State
}

/** A socket of the traced programs. */
export class TracedSocket {
  readonly number: number
  protocol: string
  key: string | undefined
  local: string | undefined
  peer: string | undefined
  state: State = 'CLOSED'
  /** The socket at the other end, if that is traced too. */
  other: TracedSocket | undefined
  /** The lane that used it last. */
  lane: Lane | undefined
  /** Whether it was a standard stream before the trace: that of a terminal or of a parent, which is no matter of the program. */
  readonly standard: boolean
  /** The descriptors that refer to it, each as `pid:fd`. */
  readonly references = new Set<string>()
  /** The calls that connected it and that ended its sending. */
  connected: Step | undefined
  finished: Step | undefined
  /** The call that received the end of the stream. */
  ended: Step | undefined
  /** Whether accept(2) made it. */
  accepted = false
  /** Whether close(2) discards and resets: SO_LINGER with 0 seconds. socket(7) */
  abortive = false
  /** What was sent and not yet received, and what was received before the trace had its sending. */
  readonly sent: Piece[] = []
  readonly received: Piece[] = []

  constructor(number: number, { protocol, key, local, peer }: Endpoint, standard: boolean) {
    this.number = number
    this.protocol = protocol
    this.key = key
    this.local = local
    this.peer = peer
    this.standard = standard
  }

  /** Whether bytes have no boundaries, and an end. */
  get stream(): boolean {
    return /^(M?P?TCP|UNIX-STREAM)$/.test(this.protocol)
  }

  get tcp(): boolean {
    return this.protocol.endsWith('TCP')
  }
}

/** Bytes of a call: of a send until they are received, of a receive until their send is known. */
export interface Piece {
  readonly step: Step
  left: number
  /** For datagrams: where from and where to. */
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** Changes a state and returns that, or nothing if it was so. */
function change(socket: TracedSocket, state: State): Change[] {
  if (socket.state === state) return []
  socket.state = state
  return [{ socket, state }]
}

export const bound = (socket: TracedSocket): Change[] =>
  socket.state === 'CLOSED' && !socket.stream ? change(socket, 'BOUND') : []

export const listens = (socket: TracedSocket): Change[] => change(socket, 'LISTEN')

export const connects = (socket: TracedSocket): Change[] =>
  socket.tcp && /^(CLOSED|BOUND)$/.test(socket.state) ? change(socket, 'SYN_SENT') : []

/** The connection is made, or was shown to be. */
export function established(socket: TracedSocket): Change[] {
  if (!/^(CLOSED|BOUND|SYN_SENT)$/.test(socket.state) || socket.finished !== undefined) return []
  const state = socket.tcp ? 'ESTABLISHED' : 'CONNECTED'
  const ended = socket.tcp && socket.other?.finished !== undefined // before it was accepted
  return change(socket, ended ? 'CLOSE_WAIT' : state)
}

/** A connect, or the connection, has failed. */
export const lost = (socket: TracedSocket): Change[] => change(socket, 'CLOSED')

/** It sends no more: shutdown(2), or its last close(2). */
export function finishes(socket: TracedSocket, step: Step): Change[] {
  socket.finished ??= step
  const { other, state, tcp } = socket
  if (!tcp) return []
  if (state === 'ESTABLISHED') {
    const changes = change(socket, other === undefined ? 'FIN_WAIT_1' : 'FIN_WAIT_2')
    return other?.state === 'ESTABLISHED' ? [...changes, ...change(other, 'CLOSE_WAIT')] : changes
  }
  if (state !== 'CLOSE_WAIT') return []
  if (other === undefined) return change(socket, 'LAST_ACK')
  return [...change(socket, 'CLOSED'), ...(/^FIN_WAIT/.test(other.state) ? change(other, 'TIME_WAIT') : [])]
}

/** It received the end of the stream. */
export function ends(socket: TracedSocket): Change[] {
  if (!socket.tcp) return []
  if (socket.state === 'ESTABLISHED') return change(socket, 'CLOSE_WAIT')
  return /^FIN_WAIT/.test(socket.state) ? change(socket, 'TIME_WAIT') : []
}

/** Its last descriptor is closed. */
export function closes(socket: TracedSocket, step: Step): Change[] {
  const { other, state } = socket
  if (!socket.tcp) {
    socket.finished ??= step
    return change(socket, 'CLOSED')
  }
  if (!/^(ESTABLISHED|CLOSE_WAIT|FIN_WAIT_\d)$/.test(state)) {
    return /^(TIME_WAIT|LAST_ACK)$/.test(state) ? [] : change(socket, 'CLOSED')
  }
  // Unread bytes, like SO_LINGER with 0 seconds, make close(2) reset the connection. RFC 2525, 2.17
  if (socket.abortive || (other !== undefined && other.sent.length > 0)) {
    socket.finished ??= step
    return [...change(socket, 'CLOSED'), ...(other === undefined ? [] : change(other, 'CLOSED'))]
  }
  return finishes(socket, step)
}
