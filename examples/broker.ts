// A broker opens files for a process that may not open them itself, and decides which. Both sides use a Duplex that carries
// descriptors: a message is a line of JSON that says how many of them belong to it. unix(7), SCM_RIGHTS
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Descriptor, OwnedFd } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'
import type { FdDuplex } from 'bsd-sockets/streams'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h', default: false } },
})
if (values.help) {
  console.log(
    'usage: broker [file...]\n\nOpens the files, default: this program, for a second process, which reads them.',
  )
  process.exit()
}

interface Message {
  name: string
  error?: string
}

function send(stream: FdDuplex, message: Message, fds: readonly Descriptor[] = []): void {
  // The stream makes its own duplicates of the descriptors, and sends them with the first byte of this line.
  stream.writeWithFds(`${JSON.stringify({ ...message, fds: fds.length })}\n`, fds)
}

/** The messages of the other side, each with its descriptors. */
async function* received(stream: FdDuplex): AsyncGenerator<Message & { fds: OwnedFd[] }> {
  // A chunk of bytes may be half a line or many lines. Descriptors arrive in their order, not later than their line.
  const arrived: OwnedFd[] = []
  stream.on('fds', (fds: OwnedFd[]) => arrived.push(...fds))
  for await (const line of createInterface({ input: stream })) {
    const { fds, ...message } = JSON.parse(line) as Message & { fds: number }
    yield { ...message, fds: arrived.splice(0, fds) }
  }
}

/** The first process. */
async function broker(files: readonly string[]): Promise<void> {
  const [ours, theirs] = Socket.pair()
  const args = [fileURLToPath(import.meta.url), 'client', ...files]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', theirs.fd] })
  const ended = once(child, 'close')
  theirs.close()
  const stream = toDuplex(ours, { fds: true })
  for await (const { name } of received(stream)) {
    if (!files.includes(name)) {
      send(stream, { name, error: 'not allowed' })
      continue
    }
    try {
      const file = openSync(name, 'r')
      send(stream, { name }, [file])
      closeSync(file) // the stream has its own
    } catch (error) {
      send(stream, { name, error: (error as NodeJS.ErrnoException).code ?? String(error) })
    }
  }
  await ended
}

/** The second process. It inherits only descriptor 3. */
async function client(files: readonly string[]): Promise<void> {
  const stream = toDuplex(Socket.fromFd(3), { fds: true })
  for (const name of [...files, '/etc/shadow']) send(stream, { name })
  stream.end()
  for await (const { name, error, fds } of received(stream)) {
    const [file] = fds
    if (file === undefined) console.log(`${name}: ${error}`)
    else console.log(`${name}: descriptor ${file.fd}, ${fstatSync(file.fd).size} bytes`)
    file?.close()
  }
}

const [first, ...rest] = positionals
if (first === 'client') await client(rest)
else await broker(positionals.length > 0 ? positionals : [fileURLToPath(import.meta.url)])
