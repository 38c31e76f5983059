// A web server that says of each connection, every second, who is slow: the network, the client or the server. tcp(7)
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import type { Socket } from 'node:net'
import { tcpInfo } from 'bsd-sockets'
import type { LinuxTcpInfo } from 'bsd-sockets'

/** Prints a line about a connection every `every` milliseconds, until it is closed. */
function watch(socket: Socket, every: number): void {
  const client = `${socket.remoteAddress}:${socket.remotePort}`
  let before: Partial<LinuxTcpInfo> = {}
  const timer = setInterval(() => {
    if (socket.destroyed) return
    const { state, rtt, bytesSent = 0, segmentsRetransmitted, raw } = tcpInfo(socket)
    const now: Partial<LinuxTcpInfo> = 'busyTime' in raw ? raw : {} // macOS does not count these times
    const busy = (now.busyTime ?? 0) - (before.busyTime ?? 0)
    const waited = (now.rwndLimited ?? 0) - (before.rwndLimited ?? 0)
    const load = busy === 0 ? 'idle' : `waits for the client ${Math.round((100 * waited) / busy)} % of the time`
    const again = `${segmentsRetransmitted} segments again`
    console.log(`${client} ${state}: ${load}, ${bytesSent} bytes sent, ${again}, rtt ${rtt} ms`)
    before = now
  }, every)
  socket.once('close', () => {
    clearInterval(timer)
    console.log(`${client} closed`)
  })
}

const { values } = parseArgs({
  options: {
    every: { type: 'string', default: '1000' },
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '9993' },
    size: { type: 'string', default: '100000000' },
  },
})
if (values.help) {
  console.log('usage: tcp-info [--port 9993] [--every 1000] [--size 100000000]\n\nEach answer has so many bytes.')
  process.exit()
}

const answer = Buffer.alloc(Number(values.size))
const server = createServer((_, response) => response.end(answer))
server.on('connection', socket => watch(socket, Number(values.every)))
server.listen(Number(values.port), '127.0.0.1', () => {
  const { address, port } = server.address() as AddressInfo
  console.log(`listening on ${address}:${port}`)
})
process.once('SIGINT', () => {
  server.close()
  server.closeAllConnections()
})
