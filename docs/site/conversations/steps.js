// What both ends of a recorded conversation have after each of its calls. No part of it is of a browser.

const waits = /^(?:e?poll|p?select)/
const receives = /^(?:recv|read)/
const sends = /^(?:send|write)/

/** A call as a line of C: `listen(18, 10) = 0`. */
export const textOf = ({ call, args, result, errno }) =>
  `${call}(${args.join(', ')}) = ${result}${errno === undefined ? '' : ` ${errno}`}`

const from = ({ local, peer }) => `${local} ${peer}`
const to = ({ local, peer }) => `${peer} ${local}`

/**
 * The ends before the first call and after each: `{ server, client }`, each `{ waitsIn, sockets, backlog }`. A socket has
 * `{ number, local, peer, state, received, ended }`: `received` are the bytes that wait to be received, `ended` whether
 * the end of the stream comes after them. `backlog` are those of a connection that waits to be accepted.
 */
export function stepsOf(events) {
  const sockets = new Map() // number -> what is known of it
  const streams = new Map() // `local peer` of the receiver -> { received, ended }
  const stream = key => {
    if (!streams.has(key)) streams.set(key, { received: '', ended: false })
    return streams.get(key)
  }
  const endOf = (side, next) => {
    const own = [...sockets.values()].filter(socket => socket.side === side && socket.local !== undefined)
    const accepted = new Set(own.map(from))
    const listener = own.find(({ state }) => state === 'LISTEN')
    return {
      waitsIn: next !== undefined && waits.test(next.call) ? next.call : undefined,
      sockets: [...sockets.values()]
        .filter(socket => socket.side === side)
        .map(socket => ({ ...socket, ...(socket.peer === undefined ? {} : stream(from(socket))) })),
      backlog: [...streams]
        .filter(([key]) => listener && key.startsWith(`${listener.local} `) && !accepted.has(key))
        .map(([, waiting]) => ({ ...waiting })),
    }
  }
  const ends = index => {
    const next = side => events.slice(index).find(event => event.side === side)
    return { server: endOf('server', next('server')), client: endOf('client', next('client')) }
  }
  const steps = [ends(0)]
  for (const [index, event] of events.entries()) {
    for (const socket of event.sockets) {
      const known = sockets.get(socket.number) ?? { side: event.side, state: 'CLOSED' }
      sockets.set(socket.number, { ...known, ...socket })
    }
    const [socket] = event.sockets
    if (event.result !== -1 && socket?.peer !== undefined) {
      if (event.call === 'connect') stream(to(socket))
      if (sends.test(event.call)) stream(to(socket)).received += event.bytes
      if (receives.test(event.call)) {
        const own = stream(from(socket))
        own.received = own.received.slice(event.size)
        if (event.size === 0) own.ended = false // it was received
      }
      if (event.call === 'shutdown' || event.call === 'close') {
        const other = stream(to(socket))
        if (!sockets.get(socket.number).finished) other.ended = true
        sockets.set(socket.number, { ...sockets.get(socket.number), finished: true, closed: event.call === 'close' })
      }
    }
    for (const { socket, state } of event.states ?? []) {
      if (sockets.has(socket)) sockets.set(socket, { ...sockets.get(socket), state })
    }
    steps.push(ends(index + 1))
  }
  return steps
}
