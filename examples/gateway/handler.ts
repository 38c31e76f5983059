// Handles a connection. Two layers of bsd-sockets/socketserver are below: BaseRequestHandler, which calls setup, handle
// and finish, and StreamRequestHandler, which makes `rfile` and `wfile` from the socket.
import { isSocketError, SHUT_WR } from 'bsd-sockets'
import { StreamRequestHandler } from 'bsd-sockets/socketserver'
import { BadRequest, readBody, readHead, toRequest } from './request.js'
import type { RequestHead } from './request.js'
import { writeResponse } from './response.js'

/** The contract between server and application. */
export type Application = (request: Request) => Response | Promise<Response>

/** The settings that the handlers get from the server. */
export interface GatewayData {
  /** The application, or the URL of a module that exports it as `fetch`. */
  app: Application | string
  /** The timeout for receiving and sending, in milliseconds. */
  patience: number
}

async function load(app: Application | string): Promise<Application> {
  if (typeof app === 'function') return app
  const { fetch } = (await import(app)) as { fetch: Application }
  return fetch
}

const wantsToKeep = ({ version, headers }: RequestHead): boolean => {
  const connection = headers.get('connection')?.toLowerCase() ?? ''
  return version > 0 ? connection !== 'close' : connection === 'keep-alive'
}

export class Handler extends StreamRequestHandler {
  /** Sends each piece at once, even if it is small. */
  override disableNagleAlgorithm = true

  /** Answers requests while the connection is kept alive. Afterwards the server calls shutdown(SHUT_WR) and closes it. */
  override async handle(): Promise<void> {
    const { app, patience } = this.server.data as GatewayData
    const application = await load(app)
    this.connection.settimeout(patience)
    try {
      while (await this.#handleOne(application)) continue
    } catch (error) {
      if (!isSocketError(error)) throw error // the client has disconnected or timed out: serve the next
    }
  }

  async #handleOne(application: Application): Promise<boolean> {
    let head: RequestHead | null
    let request: Request
    try {
      head = readHead(this.rfile)
      if (head === null) return false
      if (head.headers.get('expect')?.toLowerCase() === '100-continue')
        this.wfile.write('HTTP/1.1 100 Continue\r\n\r\n')
      request = toRequest(head, readBody(this.rfile, head))
    } catch (error) {
      if (error instanceof BadRequest) return this.#refuse(error.status)
      throw error
    }
    const response = await answer(application, request)
    const kept = await writeResponse(this.wfile, head, response, wantsToKeep(head))
    console.log(`"${head.method} ${head.target}" ${response.status}`)
    return kept
  }

  async #refuse(status: number): Promise<false> {
    await writeResponse(this.wfile, { method: 'GET', version: 1 }, new Response(`${status}\n`, { status }), false)
    // Closing a socket with unread bytes resets the connection, and the client may get the reset before the answer.
    // So the rest is read first. RFC 9112, 9.6
    this.connection.shutdown(SHUT_WR)
    this.connection.settimeout(1000)
    for (let i = 0; i < 100 && this.connection.recv(65_536).length > 0; i++);
    return false
  }
}

// While this awaits, the event loop runs other callbacks, but this thread handles no other request.
async function answer(application: Application, request: Request): Promise<Response> {
  try {
    return await application(request)
  } catch (error) {
    console.error(error)
    return new Response('500\n', { status: 500 })
  }
}
