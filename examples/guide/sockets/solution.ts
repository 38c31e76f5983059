// The exercise of the chapter on what a socket is.
import { AF_UNIX, Socket, SOCK_SEQPACKET, SOCK_STREAM } from 'bsd-sockets'

for (const type of [SOCK_STREAM, SOCK_SEQPACKET]) {
  const [left, right] = Socket.pair(AF_UNIX, type)
  for (const word of ['one', 'two', 'three']) left.send(word)
  console.log(right.recv(100).toString())
  left.close()
  right.close()
}
