// The exercise of the chapter on datagrams: each comes back in upper case.
import { AF_INET, SOCK_DGRAM, Socket } from 'bsd-sockets'

const server = new Socket(AF_INET, SOCK_DGRAM)
server.bind(['127.0.0.1', Number(process.argv[2] ?? 0)])
console.log('listening on', server.getsockname())
for (;;) {
  const [message, sender] = server.recvfrom(65_535)
  server.sendto(message.toString().toUpperCase(), sender)
}
