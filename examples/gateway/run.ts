// A server for an application.
import { AF_INET, AF_INET6, AI_PASSIVE, getaddrinfo, SOCK_STREAM } from 'bsd-sockets'
import { TCPServer } from 'bsd-sockets/socketserver'
import { Handler } from './handler.js'
import type { Application, GatewayData } from './handler.js'

export interface RunOptions {
  ipv6?: boolean
  /** Whether each connection has a thread of its own; the application is then the URL of a module that exports `fetch`. */
  threading?: boolean
  /** Told of the port, once the socket is bound. */
  onBind?: (port: number) => void
}

/** It serves until `shutdown` or `serverClose`. */
export class Gateway extends TCPServer {
  /** Resolves when it has stopped. */
  readonly serving = this.serveForever()
}

/** Binds, listens, and serves for ever. */
export function run(address: string, port: number, app: Application | URL, options: RunOptions = {}): Gateway {
  const { ipv6 = false, threading = false, onBind } = options
  if (threading && !(app instanceof URL)) {
    throw new TypeError('with threading, app is the URL of a module: a function cannot be sent to a thread')
  }
  const family = ipv6 ? AF_INET6 : AF_INET
  const [place] = getaddrinfo(address || null, port, { family, type: SOCK_STREAM, flags: AI_PASSIVE })
  // One thread for all: who keeps a connection open and says nothing holds up all others.
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
