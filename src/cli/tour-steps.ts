// The steps of the tour. Each step is a function, and its source is shown.
import { AF_INET, SHUT_WR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from '../constants.js'
import { Socket } from '../sockets/socket.js'

let server: Socket
let client: Socket
let connection: Socket
let message: Buffer

/** The text that marks the beginning of a step in the trace. */
export const mark = 'a step'

/** The parts of the tour: a sentence, and the steps that it describes. */
export const tour: readonly { readonly story: string; readonly steps: readonly (() => unknown)[] }[] = [
  {
    story: 'A server takes a port of 127.0.0.1, any that is free, and listens.',
    steps: [
      () => (server = new Socket(AF_INET, SOCK_STREAM)),
      () => server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true),
      () => server.bind(['127.0.0.1', 0]),
      () => server.listen(5),
    ],
  },
  {
    story: 'A client connects. It is the kernel that answers: the server does not know yet.',
    steps: [() => (client = new Socket(AF_INET, SOCK_STREAM)), () => client.connect(server.getsockname())],
  },
  {
    story: 'The server takes the connection: a third socket, for this one client.',
    steps: [() => ([connection] = server.accept())],
  },
  {
    story: 'hello world! goes over, and back.',
    steps: [
      () => client.sendall('hello world!'),
      () => (message = connection.recv(1024)),
      () => connection.sendall(message),
      () => client.recv(1024).toString(),
    ],
  },
  {
    story: 'The client has said all that it wanted to; the server receives no bytes at all.',
    steps: [() => client.shutdown(SHUT_WR), () => connection.recv(1024)],
  },
  {
    story: 'Who opens, closes.',
    steps: [() => connection.close(), () => client.close(), () => server.close()],
  },
]
