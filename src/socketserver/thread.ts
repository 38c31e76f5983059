// A thread for one request: see threads.ts.
import { invalidValue } from '../checks.js'
import { Socket } from '../sockets/socket.js'
import { begin, takeOver } from '../thread.js'
import type { DatagramRequest, HandlerClass } from './handlers.js'
import { sayGoodbye } from './requests.js'
import type { ThreadData } from './threads.js'

type Request = Socket | DatagramRequest

const { task, fd } = takeOver<ThreadData>()
const { module, packet, clientAddress, server } = task
const socket = Socket.fromFd(fd!)
begin()
try {
  const exports = (await import(module)) as Readonly<Record<string, HandlerClass<Request> | undefined>>
  const Handler = exports.Handler ?? exports.default
  if (typeof Handler !== 'function') throw invalidValue('handler', module, 'exports no class Handler')
  const request: Request = packet === undefined ? socket : [Buffer.from(packet), socket]
  await new Handler(request, clientAddress, server).run()
} finally {
  if (packet === undefined) sayGoodbye(socket)
  socket.close()
}
process.exit() // a timer or a pool of the module would keep the thread alive
