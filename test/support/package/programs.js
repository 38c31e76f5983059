// First programs of a user who has installed the package, by file name.
const exchange = `
const [left, right] = Socket.pair()
left.sendall('hello')
const text = right.recv(16).toString()
left.close()
right.close()
`

const typed = `
import { AF_UNIX, type SocketAddress, Socket } from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'
import { createConnection } from 'bsd-sockets/promises'
import { listen } from 'bsd-sockets/reactor'
import { recv } from 'bsd-sockets/syscalls'
const [left, right]: [Socket, Socket] = Socket.pair(AF_UNIX)
const address: SocketAddress = left.getsockname()
const bytes: number = recv(right.fd, new Uint8Array(1), 0)
export const used: unknown[] = [address, bytes, serve, createConnection, listen]
`

export const programs = {
  'esm.mjs': `import { Socket } from 'bsd-sockets'\n${exchange}console.log(text)\n`,
  'require.cjs': `const { Socket } = require('bsd-sockets')\n${exchange}console.log(text)\n`,
  'worker.mjs': `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { Socket } from 'bsd-sockets'
if (isMainThread) new Worker(new URL(import.meta.url)).on('message', text => console.log(text))
else {
  ${exchange}parentPort.postMessage(text)
}
`,
  'worker-only.mjs': `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
if (isMainThread) new Worker(new URL(import.meta.url)).on('message', text => console.log(text))
else {
  const { Socket } = await import('bsd-sockets')
  ${exchange}parentPort.postMessage(text)
}
`,
  'every.mjs': `await Promise.all(
  ['', '/http', '/promises', '/reactor', '/streams', '/syscalls'].map(path => import('bsd-sockets' + path)),
)
console.log('hello')
`,
  'typed.ts': typed,
}
