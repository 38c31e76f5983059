// A small name server and its client. The server receives all waiting queries in one call (recvmmsg) and answers them in
// one call (sendmmsg), without an object for each. It is bound to every address of the machine. Each query comes with
// the address that it was sent to (IP_PKTINFO), and the answer is sent from there. Otherwise a client of 127.0.0.2 could
// get the answer from 127.0.0.1. RFC 1035, ip(7)
import { parseArgs } from 'node:util'
import { AF_INET, CMSG_SPACE, inet_ntop, inet_pton, IP_PKTINFO, IP_RECVPKTINFO, IPPROTO_IP } from 'bsd-sockets'
import { getnameinfo, MessageBatch, NI_NUMERICHOST, NI_NUMERICSERV, SOCK_DGRAM, Socket } from 'bsd-sockets'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    host: { type: 'string' }, // where the server listens, '' unless told otherwise; or whom the client asks, 127.0.0.1
    port: { type: 'string', default: '5353' },
  },
})
if (values.help) {
  console.log(`usage: dns-server [--host HOST] [--port 5353]              answers queries
       dns-server query NAME [--host HOST] [--port 5353]  asks one

Names: one.example.test and two.example.test have addresses of their own; that of
destination.example.test is the one that the query was sent to.`)
  process.exit()
}

const names = new Map([
  ['one.example.test', '192.0.2.1'],
  ['two.example.test', '192.0.2.2'],
])
const [A, IN] = [1, 1] // the type and the class of an IPv4 address
const [noError, formatError, nameError] = [0, 1, 3]
const headerSize = 12 // id, flags, and how many questions, answers, authorities and additional records there are

interface Question {
  name: string
  type: number
  /** The offset of its end. */
  end: number
}

/** The first question of a message; null if it is malformed. A name is labels, each after its length, and a 0. */
function question(message: Buffer): Question | null {
  const labels: string[] = []
  let at = headerSize
  for (let length; (length = message[at]) !== 0; at += 1 + length) {
    if (length === undefined || length > 63 || at + 1 + length >= message.length) return null
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
  }
  const end = at + 5
  if (message.length < end) return null
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end }
}

function answer(query: Buffer, { name, type, end }: Question, destination: string): Buffer {
  const address = name === 'destination.example.test' ? destination : names.get(name)
  const found = address !== undefined && type === A
  const header = Buffer.from(query.subarray(0, headerSize))
  header.writeUInt16BE(0x8400 | (address === undefined ? nameError : noError), 2) // an answer, from who knows
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found ? 1 : 0, 6)
  header.fill(0, 8)
  if (!found) return Buffer.concat([header, query.subarray(headerSize, end)])
  const record = Buffer.alloc(12) // the name again (where it stands: 12), type, class, seconds to live, length
  for (const [at, value] of [
    [0, 0xc00c],
    [2, A],
    [4, IN],
    [8, 60],
    [10, 4],
  ] as const)
    record.writeUInt16BE(value, at)
  return Buffer.concat([header, query.subarray(headerSize, end), record, inet_pton(AF_INET, address)])
}

function serve(): void {
  const socket = new Socket(AF_INET, SOCK_DGRAM)
  socket.bind([values.host ?? '', Number(values.port)])
  socket.setsockopt(IPPROTO_IP, IP_RECVPKTINFO ?? IP_PKTINFO, true)
  console.log(`listening on ${getnameinfo(socket.getsockname(), NI_NUMERICHOST | NI_NUMERICSERV).join(':')}`)
  const batch = new MessageBatch(32, 512, { controlSize: CMSG_SPACE(12) })
  for (;;) {
    const count = socket.recvmmsg(batch)
    for (let i = 0; i < count; i++) {
      const query = batch.bytes(i)
      const packetInfo = batch.control(i)[0]?.packetInfo
      const asked = query.length < headerSize || query.readUInt16BE(4) !== 1 ? null : question(query)
      console.log(`query ${i + 1} of ${count}, sent to ${packetInfo?.address}: ${asked?.name ?? 'not understood'}`)
      if (asked !== null) {
        batch.reply(i, answer(query, asked, packetInfo?.address ?? '0.0.0.0'), [{ packetInfo }])
      } else {
        const refusal = Buffer.alloc(headerSize)
        query.copy(refusal, 0, 0, 2)
        refusal.writeUInt16BE(0x8000 | formatError, 2)
        batch.reply(i, refusal, [{ packetInfo }])
      }
    }
    for (let sent = 0; sent < count;) sent += socket.sendmmsg(batch, count - sent, 0, sent)
  }
}

function query(name: string): void {
  const socket = new Socket(AF_INET, SOCK_DGRAM)
  socket.settimeout(2000)
  socket.connect([values.host ?? '127.0.0.1', Number(values.port)]) // now it takes answers from there alone
  const labels = name.split('.').map(label => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  const header = Buffer.from([process.pid >> 8, process.pid, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  socket.send(Buffer.concat([header, ...labels, Buffer.of(0, 0, A, 0, IN)]))
  const reply = socket.recv(512)
  const code = reply[3]! & 15
  if (code !== noError) console.log(code === nameError ? 'no such name' : `refused: ${code}`)
  else console.log(reply.readUInt16BE(6) === 0 ? 'no address' : inet_ntop(AF_INET, reply.subarray(-4)))
  socket.close()
}

if (positionals[0] === 'query') query(positionals[1] ?? 'one.example.test')
else serve()
