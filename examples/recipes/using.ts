// `using` closes what a block has opened, however the block ends: by its last line, by return or by an error.
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { Socket } from 'bsd-sockets'

/** How a file begins, read by the descriptor that one socket has passed to another. */
async function beginning(path: string): Promise<string> {
  const [left, right] = Socket.pair()
  using sender = left
  using receiver = right
  await using file = await open(path) // if it fails, both sockets are closed
  sender.sendFds('a file', [file])
  const { fds } = receiver.recvFds(64, 1)
  using received = fds[0]!
  const bytes = Buffer.alloc(20)
  return bytes.toString('utf8', 0, readSync(received.fd, bytes)) // all four are closed now, the last one first
}

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: 'package.json' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log('usage: using [--file package.json]\n\nPasses the file from one socket to another, and reads it there.')
  process.exit()
}

const descriptors = (): number => readdirSync('/dev/fd').length

console.log(`passing ${values.file}`) // the first line opens standard output
const before = descriptors()
try {
  console.log(JSON.stringify(await beginning(values.file)))
} catch (error) {
  console.log((error as Error).message)
}
console.log(`${descriptors() - before} descriptors are left open`)
