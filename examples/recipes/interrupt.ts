// A thread that blocks in recv, and another one that ends this call. The thread then finishes its work in its own way:
// worker.terminate() would end it at any point. Here it counts the lines of a feed until Ctrl-C.
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createConnection, interrupt, InterruptedError } from 'bsd-sockets'
import type { HostAndPort, Interrupter, Socket } from 'bsd-sockets'

/** In the worker: receives until the end of the feed. If another thread interrupts it, it asks for the end. */
function countLines(socket: Socket): number {
  let count = 0
  for (;;) {
    try {
      const data = socket.recv(65536)
      if (data.length === 0) return count
      for (const byte of data) if (byte === 10) count++
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error
      socket.sendall('enough\n') // the connection is as before: the call has received nothing
      socket.settimeout(5000) // for what is still on its way; close would reset the connection and drop it
    }
  }
}

function work(where: HostAndPort): void {
  using socket = createConnection(where, { timeout: 5000 })
  socket.settimeout(null)
  parentPort!.postMessage(socket.interrupter()) // plain data: a number, and a flag in shared memory
  console.log(`${countLines(socket)} lines`)
}

/** In the main thread, whose event loop runs on meanwhile. */
function main(where: HostAndPort): void {
  const worker = new Worker(new URL(import.meta.url), { workerData: where })
  worker.once('message', (handle: Interrupter) => {
    process.once('SIGINT', () => interrupt(handle)) // false if the worker has ended already
    console.log('connected')
  })
  worker.once('error', ({ message }) => {
    console.error(message)
    process.exitCode = 1
  })
}

if (isMainThread) {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '9000' },
    },
  })
  if (values.help) console.log('usage: interrupt [--host 127.0.0.1] [--port 9000]')
  else main([values.host, Number(values.port)])
} else work(workerData as HostAndPort)
