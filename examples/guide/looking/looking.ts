// What the kernel tells of a connection to everybody: its state, from /proc/net/tcp.
import { readFileSync } from 'node:fs'
import { createConnection, createServer, SHUT_WR } from 'bsd-sockets'

// In the order of their numbers, from 1 on: net/tcp_states.h.
const states = 'ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN'.split(' ')

/** The state of the socket that has these two ports. All numbers of the file are hexadecimal. */
function stateOf(local: number, remote: number): string {
  const portOf = (address: string): number => parseInt(address.split(':')[1]!, 16)
  for (const line of readFileSync('/proc/net/tcp', 'utf8').trimEnd().split('\n').slice(1)) {
    const [, from = '', to = '', state = ''] = line.trim().split(/\s+/)
    if (portOf(from) === local && portOf(to) === remote) return states[parseInt(state, 16) - 1]!
  }
  return 'none'
}

const listener = createServer(['127.0.0.1', 0])
const { port } = listener.getsockname()
console.log('the listener:', stateOf(port, 0))

const client = createConnection(['127.0.0.1', port])
const [server, { port: other }] = listener.accept()
const show = (when: string): void =>
  console.log(`${when}: the client ${stateOf(other, port)}, the server ${stateOf(port, other)}`)
show('connected')

client.shutdown(SHUT_WR)
server.recv(1) // the end
server.sendall('answer')
show('the client has ended its direction')

server.close()
client.recv(6)
client.recv(1) // the end
show('the server has closed')

client.close()
listener.close()
