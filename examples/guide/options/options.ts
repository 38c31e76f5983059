// Options that matter to a server: its port, silent peers, small writes, the buffers.
import { AF_INET, createConnection, getOption, options, setOption, Socket, SocketError } from 'bsd-sockets'
import type { InetAddress } from 'bsd-sockets'

const anyPort: InetAddress = { family: 'IPv4', address: '127.0.0.1', port: 0 }

/** Listens; which option allows it to take a port that others have? */
function listenOn(address: InetAddress, option?: 'reuseAddress' | 'reusePort'): Socket<InetAddress> {
  const listener = new Socket(AF_INET)
  try {
    if (option !== undefined) setOption(listener, options[option], true)
    listener.bind(address)
    listener.listen()
    return listener
  } catch (error) {
    listener.close()
    throw error
  }
}

/** What comes of listening there. */
function outcome(address: InetAddress, option?: 'reuseAddress' | 'reusePort'): string {
  try {
    listenOn(address, option).close()
    return 'listening'
  } catch (error) {
    if (!(error instanceof SocketError)) throw error
    return error.code
  }
}

{
  const listener = listenOn(anyPort, 'reuseAddress')
  setOption(listener, options.keepAlive, true)
  setOption(listener, options.tcpKeepIdle, 30) // seconds without traffic before the first probe
  setOption(listener, options.tcpKeepInterval, 10) // seconds between probes
  setOption(listener, options.tcpKeepCount, 3) // so many probes without an answer end the connection
  setOption(listener, options.receiveBuffer, 20_000) // bytes

  const address = listener.getsockname()
  const client = createConnection(address)
  const [server] = listener.accept()
  console.log('accepted with keep-alive:', getOption(server, options.keepAlive))
  console.log('idle for', getOption(server, options.tcpKeepIdle), 'seconds until the first probe')
  console.log('at least the buffer that was asked for:', getOption(server, options.receiveBuffer) >= 20_000)
  setOption(server, options.tcpNoDelay, true)
  console.log('small writes at once, here:', getOption(server, options.tcpNoDelay))
  console.log('and at the other end:', getOption(client, options.tcpNoDelay))

  server.close() // it closes first: its address stays in TIME_WAIT
  client.recv(1)
  client.close()
  listener.close()
  console.log('again, without SO_REUSEADDR:', outcome(address))
  console.log('and with it:', outcome(address, 'reuseAddress'))
}

{
  const first = listenOn(anyPort, 'reusePort')
  console.log('a second listener with SO_REUSEADDR:', outcome(first.getsockname(), 'reuseAddress'))
  console.log('and with SO_REUSEPORT:', outcome(first.getsockname(), 'reusePort'))
  first.close()
}
