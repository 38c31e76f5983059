// How many system calls it takes to send the same bytes in several ways, and to ask the same questions.
// Arguments: how many bytes, how many questions, the sizes of the pieces.
import { subscribe } from 'node:diagnostics_channel'
import { AF_UNIX, options, setOption, Socket } from 'bsd-sockets'
import type { CallMessage } from 'bsd-sockets'

const numbers = process.argv.slice(2).map(Number)
const [total, questions, ...sizes] = numbers.length > 2 ? numbers : [1 << 20, 100, 64, 1024, 65_536]
const largest = 65_536

const [left, right] = Socket.pair(AF_UNIX)
for (const end of [left, right]) setOption(end, options.sendBuffer, 2 * largest) // so that no send waits for room

let [sends, receives] = [0, 0]
subscribe('bsd-sockets:call', message => {
  const { name } = message as CallMessage
  if (name.startsWith('send')) sends++
  if (name.startsWith('recv')) receives++
})

function counted(what: string, action: () => void): void {
  sends = receives = 0
  action()
  console.log(`${what}: ${sends} sends, ${receives} receives`)
}

const bytes = Buffer.alloc(largest, 'data')
const received = Buffer.alloc(largest)

/** Sends all bytes by such calls; receives those of each call before the next one. */
function transfer(send: () => number): void {
  for (let done = 0; done < total!;) {
    const sent = send()
    for (let rest = sent; rest > 0;) rest -= right.recvInto(received)
    done += sent
  }
}

console.log('bytes to send:', total)
for (const size of sizes) {
  const piece = bytes.subarray(0, size)
  counted(`in pieces of ${size}`, () => transfer(() => left.send(piece)))
}
const pieces = Array.from({ length: Math.min(64, total! / 1024) }, () => bytes.subarray(0, 1024))
counted(`in pieces of 1024, ${pieces.length} by each call`, () => transfer(() => left.sendmsg(pieces)))

/** Receives so many questions of four bytes, and answers all of them. */
function answer(count: number): void {
  for (let length = 4 * count; length > 0;) length -= right.recvInto(received.subarray(0, length))
  right.sendall(bytes.subarray(0, 4 * count))
}

/** Asks so many questions, and waits for the answers. */
function ask(count: number): void {
  left.sendall(bytes.subarray(0, 4 * count))
  answer(count)
  for (let length = 4 * count; length > 0;) length -= left.recvInto(received.subarray(0, length))
}

counted(`${questions} questions, each after the answer to the last`, () => {
  for (let i = 0; i < questions!; i++) ask(1)
})
counted(`${questions} questions at once`, () => ask(questions!))

left.close()
right.close()
