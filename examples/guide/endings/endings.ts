// How a connection ends: in one direction, in both, or by a reset.
import { ConnectionError, createConnection, createServer, options, setOption, SHUT_WR } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'

const listener = createServer(['127.0.0.1', 0])

/** Both ends of a new connection. */
function connection(): [client: Socket, server: Socket] {
  const client = createConnection(listener.getsockname())
  const [server] = listener.accept()
  return [client, server]
}

/** The name of the error that a call throws. */
function failure(call: () => unknown): string {
  try {
    call()
    return 'none'
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    return error.code
  }
}

{
  const [client, server] = connection()
  client.sendall('question')
  client.shutdown(SHUT_WR)
  console.log('server receives', server.recv(100).toString(), 'and then', server.recv(100).length)
  server.sendall('answer')
  console.log('client still receives', client.recv(100).toString())
  server.close()
  console.log('and then', client.recv(100).length)
  client.close()
}

{
  const [client, server] = connection()
  setOption(client, options.linger, { on: true, seconds: 0 })
  client.close() // with this option a close is a reset
  const receiving = failure(() => server.recv(100))
  const sending = failure(() => server.send('answer'))
  console.log('after a reset recv fails:', receiving)
  console.log('and send:', sending)
  server.close()
}

{
  const [client, server] = connection()
  client.close()
  const first = failure(() => server.send('answer'))
  const second = failure(() => server.send('answer'))
  console.log('a send to an end that has closed:', first)
  console.log('and the next one:', second)
  server.close()
}

listener.close()
