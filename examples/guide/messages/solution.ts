// The exercise of the chapter on messages: netstrings instead of lines.
import { Socket } from 'bsd-sockets'

const longest = 1000

/** The first netstring of these bytes and where it ends, or null if more bytes must come. Throws for what is none. */
function parse(bytes: Buffer): [message: Buffer, end: number] | null {
  const colon = bytes.indexOf(':')
  const digits = bytes.subarray(0, colon < 0 ? bytes.length : colon).toString()
  if (!/^\d{0,4}$/.test(digits) || (colon >= 0 && digits === '')) throw new Error('no length')
  if (colon < 0) return null
  const length = Number(digits)
  if (length > longest) throw new Error('too long')
  const end = colon + 1 + length
  if (bytes.length <= end) return null
  if (bytes[end] !== ','.charCodeAt(0)) throw new Error('no comma')
  return [bytes.subarray(colon + 1, end), end + 1]
}

function converse(connection: Socket): void {
  let bytes = Buffer.alloc(0)
  for (let data = connection.recv(4096); data.length > 0; data = connection.recv(4096)) {
    bytes = Buffer.concat([bytes, data])
    for (let found = parse(bytes); found !== null; found = parse(bytes)) {
      const [message, end] = found
      connection.sendall(`${message.length}:${message.toString().toUpperCase()},`)
      bytes = bytes.subarray(end)
    }
  }
}

const listener = new Socket()
listener.bind(['127.0.0.1', Number(process.argv[2] ?? 0)])
listener.listen()
console.log('listening on', listener.getsockname())
for (;;) {
  const [connection] = listener.accept()
  try {
    converse(connection)
  } catch {
    // not a netstring: the connection ends
  }
  connection.close()
}
