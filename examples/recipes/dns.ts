// Looks up the IPv4 addresses of a name synchronously, within a given time. getaddrinfo(3) takes no timeout: it waits for a
// name server that does not answer for five seconds and more. RFC 1035
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { AF_INET, inet_ntop, SOCK_DGRAM, Socket, TimeoutError } from 'bsd-sockets'

const headerSize = 12 // id, flags, and the numbers of questions, answers, authorities and additional records
const [A, IN] = [1, 1] // type and class of an IPv4 address
const recursionDesired = 0x0100

/** The query for a name: labels, each after its length, and a 0. */
function queryOf(name: string, id: number): Buffer {
  const header = Buffer.alloc(headerSize)
  header.writeUInt16BE(id, 0)
  header.writeUInt16BE(recursionDesired, 2)
  header.writeUInt16BE(1, 4)
  const labels = name.split('.').map(label => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'))
  return Buffer.concat([header, ...labels, Buffer.of(0, 0, A, 0, IN)])
}

/** Where the name that begins at `at` ends. It ends with a 0, or with a pointer to the rest of it. */
function endOfName(answer: Buffer, at: number): number {
  let length = answer.readUInt8(at)
  for (; length > 0 && length < 64; length = answer.readUInt8(at)) at += 1 + length
  return at + (length === 0 ? 1 : 2)
}

/** The addresses in an answer. Throws a RangeError if it is malformed. */
function addressesIn(answer: Buffer, queryLength: number): string[] {
  const addresses: string[] = []
  let at = queryLength // the question is repeated before the records
  for (let left = answer.readUInt16BE(6); left > 0; left--) {
    at = endOfName(answer, at)
    const [type, length] = [answer.readUInt16BE(at), answer.readUInt16BE(at + 8)]
    at += 10
    if (type === A && length === 4) addresses.push(inet_ntop(AF_INET, answer.subarray(at, at + 4)))
    at += length
  }
  return addresses
}

/** Asks a name server, twice if the first query or its answer is lost. Throws a TimeoutError after `ms` milliseconds. */
function lookup(name: string, server: readonly [string, number], ms: number): string[] {
  using socket = new Socket(AF_INET, SOCK_DGRAM)
  socket.connect(server) // only its answers are received, and ECONNREFUSED is reported
  const id = randomInt(65536)
  const query = queryOf(name, id)
  for (let attempt = 1; ; attempt++) {
    const end = performance.now() + ms / 2
    try {
      socket.send(query)
      for (;;) {
        socket.settimeout(Math.max(1, end - performance.now()))
        const answer = socket.recv(4096)
        const ours = answer.length >= query.length && answer.readUInt16BE(0) === id
        if (!ours || !answer.subarray(headerSize, query.length).equals(query.subarray(headerSize))) continue
        const code = answer[3]! & 15
        if (code === 3) return [] // there is no such name
        if (code !== 0) throw new Error(`the name server answers with code ${code}`)
        return addressesIn(answer, query.length)
      }
    } catch (error) {
      if (!(error instanceof TimeoutError) || attempt === 2) throw error
    }
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '53' },
    server: { type: 'string' },
    timeout: { type: 'string', default: '1000' },
  },
})
const [name] = positionals
if (values.help || name === undefined) {
  console.log(
    'usage: dns NAME [--server ADDRESS] [--port 53] [--timeout 1000]   default: the first of /etc/resolv.conf',
  )
  process.exit(values.help ? 0 : 2)
}
const first = (): string | undefined => /^nameserver\s+([\d.]+)/m.exec(readFileSync('/etc/resolv.conf', 'utf8'))?.[1]
try {
  const addresses = lookup(name, [values.server ?? first() ?? '127.0.0.1', Number(values.port)], Number(values.timeout))
  console.log(addresses.length > 0 ? addresses.join('\n') : `${name} has no IPv4 address`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
