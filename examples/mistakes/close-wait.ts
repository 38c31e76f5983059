// The clients have gone, and their connections stay: each is a descriptor that the server has forgotten to close.
import { tcpInfo } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'
import { connection } from './connection.js'

/** Serves three clients until they end. Which sockets does the server hold afterwards? */
function held(serve: (socket: Socket) => void): string {
  const sockets: Socket[] = []
  for (let i = 0; i < 3; i++) {
    const [client, server] = connection()
    client.close()
    serve(server)
    sockets.push(server)
  }
  const open = sockets.filter(socket => socket.fileno() >= 0)
  const states = open.map(socket => tcpInfo(socket).state)
  for (const socket of open) socket.close()
  return states.length === 0 ? 'no socket is left' : states.join(' ')
}

const answer = (socket: Socket): void => {
  while (socket.recv(1024).length > 0) socket.send('thank you')
}

function answerAndClose(socket: Socket): void {
  try {
    answer(socket)
  } finally {
    socket.close() // on every path
  }
}

console.log('mistake:', held(answer))
console.log('cure:', held(answerAndClose))
