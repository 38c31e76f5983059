// Sends 64 MiB from one process to another during a storm of signals: `node storm.js send` or `node storm.js receive PORT`.
// A further argument `heard` adds a listener for SIGUSR2; `child` makes libuv handle SIGCHLD. Each process goes on after an
// interrupted call, prints the number of interruptions and a hash of the data, and waits for the end of standard input.
import { createServer, InterruptedError, select, Socket } from 'bsd-sockets'
import type { IPv4Address } from 'bsd-sockets'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'

const size = 64 << 20
const [role, ...rest] = process.argv.slice(2)
let interrupted = 0

function goOn(error: unknown): InterruptedError {
  if (!(error instanceof InterruptedError)) throw error
  interrupted++
  return error
}

function send(): string {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i += 4) bytes.writeUInt32LE((i * 40503) >>> 0, i)
  const server = createServer(['127.0.0.1', 0])
  console.log(`listening on 127.0.0.1:${(server.getsockname() as IPv4Address).port}`)
  const client = accept(server)
  for (let sent = 0; sent < size;) {
    try {
      client.sendall(bytes.subarray(sent))
      sent = size
    } catch (error) {
      sent += goOn(error).sent!
    }
  }
  client.close()
  return createHash('sha256').update(bytes).digest('hex')
}

function accept(server: Socket): Socket {
  for (;;) {
    try {
      return server.accept()[0]
    } catch (error) {
      goOn(error)
    }
  }
}

function receive(port: number): string {
  const client = new Socket()
  client.connect(['127.0.0.1', port])
  console.log('ready')
  const hash = createHash('sha256')
  let data: Buffer | undefined
  for (let count = 0; data?.length !== 0; count++) {
    try {
      data = client.recv(65536)
      hash.update(data)
      if (count % 50 === 0) select([], [], [], 2) // so that the sender must wait, too
    } catch (error) {
      goOn(error)
    }
  }
  return hash.digest('hex')
}

if (rest.includes('heard')) process.on('SIGUSR2', () => undefined)
if (rest.includes('child')) {
  const sleeper = spawn('sleep', ['100'], { stdio: 'ignore' })
  await once(sleeper, 'spawn')
  process.on('exit', () => sleeper.kill())
  sleeper.unref()
}
const digest = role === 'send' ? send() : receive(Number(rest[0]))
console.log(`interrupted ${interrupted} times, ${digest}`)
process.stdin.resume()
