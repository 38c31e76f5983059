// The exercise of the chapter on speed: a thousand lines by few calls.
import { AF_UNIX, SOCK_DGRAM, Socket } from 'bsd-sockets'

const most = 50 // lines in a call

const socket = new Socket(AF_UNIX, SOCK_DGRAM)
socket.connect(process.argv[2] ?? '')
for (let first = 1; first <= 1000; first += most)
  socket.sendmsg(Array.from({ length: most }, (_, i) => `line ${first + i}\n`))
socket.close()
