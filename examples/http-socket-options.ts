// Options of a socket that Node owns. The kernel ends the connection if sent bytes stay unacknowledged for five seconds,
// and reports the connection's state. `net` can do neither.
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getOption, options, setOption, tcpInfo } from 'bsd-sockets'

const server = createServer((request, response) => {
  setOption(request.socket, options.tcpUserTimeout, 5000)
  response.end('x'.repeat(100_000))
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  get({ host: '127.0.0.1', port, agent }, response => {
    const { socket } = response
    setOption(socket, options.tcpUserTimeout, 5000)
    response.once('readable', () => {
      const { state, rtt, congestionWindow, maxSegment, bytesReceived, segmentsRetransmitted } = tcpInfo(socket)
      console.table({
        TCP_USER_TIMEOUT: `${getOption(socket, options.tcpUserTimeout)} ms`,
        state,
        'round-trip time': `${rtt} ms`,
        'congestion window': `${congestionWindow} bytes`,
        'largest segment': `${maxSegment} bytes`,
        received: `${bytesReceived} bytes`,
        'sent again': `${segmentsRetransmitted} segments`,
      })
      response.resume()
    })
    response.once('end', () => {
      agent.destroy()
      server.close()
    })
  })
})
