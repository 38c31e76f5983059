// Servers of socketserver, and a pool of HTTP servers, as programs: each prints where it listens, and stops at SIGTERM.
//   node servers.js TCPServer|threading|serveInWorkers
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { InterruptedError } from 'bsd-sockets'
import { serveInWorkers } from 'bsd-sockets/http'
import { BaseRequestHandler, TCPServer } from 'bsd-sockets/socketserver'

/** Sends back what it receives. */
export class Handler extends BaseRequestHandler {
  handle() {
    for (let bytes = this.#receive(); bytes.length > 0; bytes = this.#receive()) this.request.sendall(bytes)
  }

  // The signal of a stop ends the wait for a client whose request is still to be answered.
  #receive() {
    for (;;) {
      try {
        return this.request.recv(8192)
      } catch (error) {
        if (!(error instanceof InterruptedError)) throw error
      }
    }
  }
}

/** Of HTTP: sends back the body of a request for /echo. */
export const handler = ({ path, body }) => ({ body: path === '/echo' ? body : 'hello world\n' })

const say = error => console.error(`${error.message}`)

class Server extends TCPServer {
  handleError(error) {
    say(error)
  }
}

async function serve(options) {
  const server = new Server(['127.0.0.1', 0], options.threading ? import.meta.url : Handler, options)
  process.once('SIGTERM', () => void server.shutdown({ backlog: true }))
  console.log(`listening on 127.0.0.1:${server.serverAddress.port}`)
  try {
    await server.serveForever()
  } finally {
    await server.serverClose()
  }
}

async function serveHttp() {
  const pool = await serveInWorkers(import.meta.url, { workers: 2, address: '127.0.0.1', port: 0 })
  const failed = pool.workers.map(worker => once(worker, 'error').then(([error]) => Promise.reject(error)))
  console.log(`listening on 127.0.0.1:${pool.address.port}`)
  const signalled = once(process, 'SIGTERM')
  try {
    await Promise.race([signalled, ...failed])
  } finally {
    await pool.stop()
  }
}

const kinds = {
  TCPServer: () => serve({}),
  threading: () => serve({ threading: true, minSpareThreads: 1 }),
  serveInWorkers: serveHttp,
}

if (isMainThread && process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await kinds[process.argv[2]]()
  } catch (error) {
    say(error)
    process.exitCode = 1
  }
}
