// One thread for requests, one at a time: see threads.ts.
import { invalidValue } from '../checks.js'
import { Socket } from '../sockets/socket.js'
import { serveTasks } from '../thread.js'
import type { DatagramRequest, HandlerClass } from './handlers.js'
import { sayGoodbye } from './requests.js'
import type { ThreadData } from './threads.js'

type Request = Socket | DatagramRequest

serveTasks<ThreadData>(async ({ module, packet, clientAddress, server }, fd) => {
  const socket = Socket.fromFd(fd)
  try {
    const exports = (await import(module)) as Readonly<Record<string, HandlerClass<Request> | undefined>>
    const Handler = exports.Handler ?? exports.default
    if (typeof Handler !== 'function') throw invalidValue('handler', module, 'exports no class Handler')
    const request: Request = packet === undefined ? socket : [Buffer.from(packet), socket]
    await new Handler(request, clientAddress, server).run()
  } finally {
    if (packet === undefined && !socket.closed) sayGoodbye(socket)
    socket.close()
  }
})
