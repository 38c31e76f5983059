// The thread of a request: see threads.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { F_DUPFD_CLOEXEC } from '../constants.js'
import { check, invalidValue } from '../errors.js'
import { Socket } from '../socket.js'
import * as sys from '../syscalls.js'
import type { DatagramRequest, HandlerClass } from './handlers.js'
import { sayGoodbye } from './requests.js'
import type { ThreadData } from './threads.js'

type Request = Socket | DatagramRequest

const { module, fd, packet, clientAddress, server } = workerData as ThreadData
using socket = Socket.fromFd(check(sys.fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl'))
parentPort!.postMessage('begun')
try {
  const exports = (await import(module)) as Readonly<Record<string, HandlerClass<Request> | undefined>>
  const Handler = exports.Handler ?? exports.default
  if (typeof Handler !== 'function') throw invalidValue('handler', module, 'exports no class Handler')
  const request: Request = packet === undefined ? socket : [Buffer.from(packet), socket]
  await new Handler(request, clientAddress, server).run()
} finally {
  if (packet === undefined) sayGoodbye(socket)
}
