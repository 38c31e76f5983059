// TCP transfers bytes, not messages. Four ways to mark the end of a message:
//   node framing.js server --by fixed|delimiter|length|shutdown
//   node framing.js client --by the same
import { parseArgs } from 'node:util'
import { htonl, ntohl, SHUT_WR, SO_REUSEADDR, Socket, SOL_SOCKET } from 'bsd-sockets'

interface Framing {
  /** Encodes a message. */
  frame(message: Buffer): Buffer
  /** The first message in `bytes` and the bytes after it, or null if it is not complete. */
  unframe(bytes: Buffer): [message: Buffer, rest: Buffer] | null
}

const size = 16
const fixed: Framing = {
  frame: message => Buffer.concat([message, Buffer.alloc(size - message.length, ' ')]),
  unframe: bytes => (bytes.length < size ? null : [bytes.subarray(0, size), bytes.subarray(size)]),
}

const delimiter: Framing = {
  frame: message => Buffer.concat([message, Buffer.from('\n')]), // which no message may contain
  unframe(bytes) {
    const end = bytes.indexOf('\n')
    return end < 0 ? null : [bytes.subarray(0, end), bytes.subarray(end + 1)]
  },
}

const length: Framing = {
  // Four bytes in network byte order, so that machines of different byte order agree.
  frame: message => Buffer.concat([Buffer.from(new Uint32Array([htonl(message.length)]).buffer), message]),
  unframe(bytes) {
    if (bytes.length < 4) return null
    const [network] = new Uint32Array(new Uint8Array(bytes.subarray(0, 4)).buffer)
    const end = 4 + ntohl(network!)
    return bytes.length < end ? null : [bytes.subarray(4, end), bytes.subarray(end)]
  },
}

// One message for each connection: it ends when the peer stops sending.
const shutdown: Framing = { frame: message => message, unframe: () => null }

/** The messages of a connection. One recv may return a part of a message, or bytes of several messages. */
function* receive(socket: Socket, framing: Framing): Generator<string> {
  let bytes = Buffer.alloc(0)
  for (let data = socket.recv(7); data.length > 0; data = socket.recv(7)) {
    bytes = Buffer.concat([bytes, data])
    for (let next = framing.unframe(bytes); next !== null; next = framing.unframe(bytes)) {
      yield next[0].toString().trimEnd()
      bytes = Buffer.from(next[1])
    }
    if (bytes.length > 65_536) throw new Error('message too long') // a peer can claim any length
  }
  if (bytes.length > 0) yield bytes.toString()
}

const { values, positionals } = parseArgs({
  options: {
    by: { type: 'string', default: 'length' },
    port: { type: 'string', default: '9001' },
    timeout: { type: 'string', default: '10000' }, // milliseconds for a peer that says nothing
  },
  allowPositionals: true,
})
const framing = new Map(Object.entries({ fixed, delimiter, length, shutdown })).get(values.by)
if (framing === undefined) throw new Error(`--by is one of fixed, delimiter, length, shutdown; not ${values.by}`)
const address = { address: '127.0.0.1', port: Number(values.port) }

if (positionals[0] === 'client') {
  const messages = ['hello', 'and goodbye', 'end']
  if (framing === shutdown) for (const message of messages) ask(framing, [message])
  else ask(framing, messages)
} else serve(framing)

function ask(framing: Framing, messages: string[]): void {
  const socket = new Socket()
  socket.settimeout(Number(values.timeout))
  socket.connect(address)
  const bytes = Buffer.concat(messages.map(message => framing.frame(Buffer.from(message))))
  console.log('sending', bytes)
  socket.sendall(bytes) // all at once
  socket.shutdown(SHUT_WR)
  for (const message of receive(socket, framing)) console.log(`Received '${message}'`)
  socket.close()
}

function serve(framing: Framing): never {
  const server = new Socket()
  server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)
  server.bind(address)
  server.listen()
  console.log('listening on', server.getsockname())
  for (;;) {
    const [client] = server.accept()
    client.settimeout(Number(values.timeout))
    try {
      for (const message of receive(client, framing)) {
        console.log(`Received '${message}'`)
        client.sendall(framing.frame(Buffer.from(message.toUpperCase())))
      }
    } catch (error) {
      console.log((error as Error).message) // this client has gone, is silent or lies: on to the next
    } finally {
      client.close()
    }
  }
}
