// More clients at once than the listener's queue has room for: those beyond it have to wait, and nobody tells them.
import { BlockingIOError, Socket, tcpInfo } from 'bsd-sockets'

/** Begins twenty connections to a server that accepts none yet. In which states are they? */
async function states(backlog: number): Promise<string> {
  const listener = new Socket()
  listener.bind(['127.0.0.1', 0])
  listener.listen(backlog)
  const clients = Array.from({ length: 20 }, () => new Socket())
  for (const client of clients) {
    client.setblocking(false)
    try {
      client.connect(listener.getsockname())
    } catch (error) {
      if (!(error instanceof BlockingIOError)) throw error // EINPROGRESS: the connection is under way
    }
  }
  await new Promise(resolve => setTimeout(resolve, 100))
  const found = clients.map(client => tcpInfo(client).state)
  for (const socket of [...clients, listener]) socket.close()
  return [...new Set(found)].map(state => `${found.filter(one => one === state).length} ${state}`).join(', ')
}

console.log('mistake:', await states(4))
console.log('cure:', await states(128))
