// Unix datagrams by the API of unix-dgram, which the module of the command line has. Receives and checks them; asked by a
// datagram `to PATH SIZE`, sends such to that path until nobody receives them. load/unix_dgram.c is the other side.
import { createRequire } from 'node:module'
import { listening } from './listening.js'

interface Socket {
  on(event: 'message', listener: (bytes: Buffer) => void): void
  once(event: 'writable', listener: () => void): void
  bind(path: string): void
  connect(path: string): void
  send(bytes: Buffer, callback: (error?: { code: number }) => void): void
  close(): void
}

const [, , path, module] = process.argv as [string, string, string, string]
const { createSocket } = createRequire(import.meta.url)(module) as { createSocket: (type: 'unix_dgram') => Socket }

const head = 8 // the number's bytes, of which the last is 0
const pattern = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, i) => (i < head ? 0 : i)))
const congestion = 1
const burst = 1000 // datagrams in one turn of the event loop

function sendAll(path: string, size: number): void {
  const socket = createSocket('unix_dgram')
  socket.connect(path)
  const bytes = pattern(size)
  let number = 0
  let failed: { code: number } | undefined
  const sent = (error?: { code: number }): void => void (failed = error)
  const run = (): void => {
    for (let i = 0; i < burst; i++) {
      bytes.writeUInt32LE(number, 0)
      socket.send(bytes, sent)
      if (failed?.code === congestion) return socket.once('writable', run)
      if (failed !== undefined) return socket.close()
      number++
    }
    setImmediate(run)
  }
  run()
}

const expected = pattern(65536)
let next = 0

const server = createSocket('unix_dgram')
server.on('message', bytes => {
  if (bytes[head - 1] !== 0) {
    const [, to, size] = String(bytes).split(' ') as [string, string, string]
    return sendAll(to, Number(size))
  }
  const number = bytes.readUInt32LE(0)
  // Another load begins with 0.
  if ((number !== next && number !== 0) || bytes.compare(expected, head, bytes.length, head) !== 0)
    throw new Error(`datagram ${number} instead of ${next}, or its bytes`)
  next = number + 1
})
server.bind(path)
listening(path)
