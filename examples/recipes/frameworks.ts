// Express, Fastify and Hono on a socket with options that Node does not have. Each accepted connection inherits them. tcp(7)
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { createServer } from 'node:http'
import { getOption, options, setOption, Socket } from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'
import { listenNet } from 'bsd-sockets/streams'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'

/** A socket whose connections end if what was sent is not acknowledged within five seconds. */
function prepared(port: number): Socket {
  const socket = new Socket()
  try {
    setOption(socket, options.reuseAddress, true)
    setOption(socket, options.tcpUserTimeout, 5000)
    socket.bind(['127.0.0.1', port])
    socket.listen()
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** Each serves an application on a socket, which the server then owns, and returns how to stop it. */
const frameworks = {
  async express(socket: Socket) {
    const app = express()
    app.get('/', (request, response) => {
      response.json({ userTimeout: getOption(request.socket, options.tcpUserTimeout) })
    })
    const server = await listenNet(createServer(app), socket)
    return () => server.close()
  },

  async fastify(socket: Socket) {
    const app = fastify()
    app.get('/', request => ({ userTimeout: getOption(request.socket, options.tcpUserTimeout) }))
    await app.ready()
    await listenNet(app.server, socket)
    return () => app.close()
  },

  hono(socket: Socket) {
    const app = new Hono()
    app.get('/', context => {
      const [connection] = server.server // a fetch handler is not told of its own
      return context.json({ userTimeout: getOption(connection!, options.tcpUserTimeout) })
    })
    const server = serve(app, { fd: socket.detach() })
    return () => server.stop()
  },
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '8080' },
    with: { type: 'string', default: 'express' },
  },
})
const start = Object.entries(frameworks).find(([name]) => name === values.with)?.[1]
if (values.help || start === undefined) {
  console.log('usage: frameworks [--with express|fastify|hono] [--port 8080]')
  process.exit(values.help ? 0 : 2)
}

const socket = prepared(Number(values.port))
const { address, port } = socket.getsockname() as AddressInfo
const stop = await start(socket)
console.log(`listening on ${address}:${port}`)
process.once('SIGINT', () => void stop())
