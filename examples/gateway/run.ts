// A server for an application.
import { AF_INET, AF_INET6, AI_PASSIVE, getaddrinfo, SOCK_STREAM } from 'bsd-sockets'
import { TCPServer } from 'bsd-sockets/socketserver'
import { Handler } from './handler.js'
import type { Application, GatewayData } from './handler.js'

export interface RunOptions {
  ipv6?: boolean
  /** Gives each connection a thread. The application must then be the URL of a module that exports `fetch`. */
  threading?: boolean
  /** Called with the port when the socket is bound. */
  onBind?: (port: number) => void
}

/** Serves from its construction until `shutdown` or `serverClose`. */
export class Gateway extends TCPServer {
  /** Resolves when the server has stopped. */
  readonly serving = this.serveForever()
}

/** Binds, listens, and starts to serve. */
export function run(address: string, port: number, app: Application | URL, options: RunOptions = {}): Gateway {
  const { ipv6 = false, threading = false, onBind } = options
  if (threading && !(app instanceof URL)) {
    throw new TypeError('with threading, app is the URL of a module: a function cannot be sent to a thread')
  }
  const family = ipv6 ? AF_INET6 : AF_INET
  const [place] = getaddrinfo(address || null, port, { family, type: SOCK_STREAM, flags: AI_PASSIVE })
  // Without threading, a client that keeps its connection open and sends nothing delays all others.
  const data: GatewayData = { app: app instanceof URL ? app.href : app, patience: threading ? 60_000 : 1000 }
  const server = new Gateway(place!.address, threading ? new URL('./handler.js', import.meta.url) : Handler, {
    addressFamily: family,
    allowReuseAddress: true,
    requestQueueSize: 128,
    threading,
    data,
  })
  if ('port' in server.serverAddress) onBind?.(server.serverAddress.port)
  return server
}
