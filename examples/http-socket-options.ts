// Options of a socket that Node owns: a request's connection is to end when what is sent on it stays unacknowledged for
// five seconds, and the kernel tells how the connection does. `net` has neither.
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getOption, options, setOption, tcpInfo } from 'bsd-sockets'

const server = createServer((request, response) => {
  setOption(request.socket, options.userTimeout, 5000)
  response.end('x'.repeat(100_000))
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  get({ host: '127.0.0.1', port, agent }, response => {
    const { socket } = response
    setOption(socket, options.userTimeout, 5000)
    response.once('readable', () => {
      const { state, rtt, congestionWindow, maxSegment, bytesReceived, segmentsRetransmitted } = tcpInfo(socket)
      console.table({
        TCP_USER_TIMEOUT: `${getOption(socket, options.userTimeout)} ms`,
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
