// Which bytes of which send a receive got.
import type { Call } from './event.js'
import type { Piece, TracedSocket } from './states.js'
import type { Arrow, Step } from './steps.js'

const bytes = (from: Step, to: Step, size: number): Arrow => ({ kind: 'bytes', from, to, size })

// A stream: the bytes that were sent first are received first.
function match(sender: TracedSocket, receiver: TracedSocket): Arrow[] {
  const arrows: Arrow[] = []
  const { sent } = sender
  const { received } = receiver
  while (sent.length > 0 && received.length > 0) {
    const size = Math.min(sent[0]!.left, received[0]!.left)
    arrows.push(bytes(sent[0]!.step, received[0]!.step, size))
    for (const pieces of [sent, received]) if ((pieces[0]!.left -= size) <= 0) pieces.shift()
  }
  return arrows
}

/** Bytes were sent. Returns the arrows to receives that returned before. */
export function passes(sockets: readonly TracedSocket[], socket: TracedSocket, call: Call, step: Step): Arrow[] {
  const to = call.address ?? socket.peer
  const piece: Piece = { step, left: call.size!, from: socket.local, to }
  socket.sent.push(piece)
  if (socket.stream || socket.protocol.startsWith('UNIX'))
    return socket.other === undefined ? [] : match(socket, socket.other)
  const receiver = sockets.find(
    each => each !== socket && each.received.some(other => fits(piece, socket, other, each)),
  )
  const other = receiver?.received.find(each => fits(piece, socket, each, receiver))
  if (receiver === undefined || other === undefined) return []
  socket.sent.pop()
  receiver.received.splice(receiver.received.indexOf(other), 1)
  return [bytes(step, other.step, piece.left)]
}

/** Bytes were received. Returns the arrows from their sends, if those returned before. */
export function passed(sockets: readonly TracedSocket[], socket: TracedSocket, call: Call, step: Step): Arrow[] {
  const piece: Piece = { step, left: call.size!, from: call.address ?? socket.peer, to: socket.local }
  socket.received.push(piece)
  if (socket.stream || (socket.protocol.startsWith('UNIX') && socket.other !== undefined)) {
    return socket.other === undefined ? [] : match(socket.other, socket)
  }
  for (const sender of sockets) {
    const i =
      sender.protocol === socket.protocol ? sender.sent.findIndex(each => fits(each, sender, piece, socket)) : -1
    if (i < 0) continue
    const [found] = sender.sent.splice(i, 1)
    socket.received.pop()
    return [bytes(found!.step, step, piece.left)]
  }
  return []
}

// Whether a datagram that was sent is one that was received: to this address, from that one.
function fits(sent: Piece, sender: TracedSocket, received: Piece, receiver: TracedSocket): boolean {
  const portOf = (address: string): string => address.slice(address.lastIndexOf(':'))
  const alike = (a: string | undefined, b: string | undefined): boolean =>
    a === undefined || b === undefined || a === b || (/^(0\.0\.0\.0|\[::\]):\d+$/.test(b) && portOf(a) === portOf(b))
  return (
    sender.protocol === receiver.protocol &&
    sent.to !== undefined &&
    receiver.local !== undefined &&
    alike(sent.to, receiver.local) &&
    alike(received.from, sent.from)
  )
}
