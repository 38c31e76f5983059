// The small program of the rows, in several forms: a listener and a client on loopback, and 'hello' from client to
// server.
const exchange = `
const server = createServer(['127.0.0.1', 0])
const client = createConnection(['127.0.0.1', server.getsockname().port])
const [peer] = server.accept()
client.sendall('hello')
const text = peer.recv(16).toString()
for (const socket of [peer, client, server]) socket.close()
`

const names = 'createConnection, createServer'
const imported = `import { ${names} } from 'bsd-sockets'\n${exchange}`
export const required = `const { ${names} } = require('bsd-sockets')\n${exchange}`

export const esm = `${imported}console.log(text)\n`
export const commonJs = `${required}console.log(text)\n`

/** The modules that the package exports. The program in TypeScript imports each. */
const floors = ['http', 'promises', 'reactor', 'socketserver', 'streams', 'syscalls']

export const typeScript = `import { createConnection, createServer, type Socket, type SocketAddress } from 'bsd-sockets'
${floors.map(floor => `import * as ${floor} from 'bsd-sockets/${floor}'`).join('\n')}

const server: Socket = createServer(['127.0.0.1', 0])
const address: SocketAddress = server.getsockname()
if (!('port' in address)) throw new Error('no port')
const client: Socket = createConnection(['127.0.0.1', address.port])
const [peer]: [Socket, SocketAddress] = server.accept()
client.sendall('hello')
const text: string = peer.recv(16).toString()
for (const socket of [peer, client, server]) socket.close()
const modules: object[] = [${floors.join(', ')}]
console.log(modules.every(module => Object.keys(module).length > 0) ? text : 'a module is empty')
`

/** The program as a test; `head` imports the test's functions. */
export const testOf = ({ head, load = imported, check = "expect(text).toBe('hello')" }) => `${head}
${load}
test('a client says hello', () => {
  ${check}
})
`

const isWorker = `import { isMainThread, parentPort, Worker } from 'node:worker_threads'\n`
const start = `new Worker(new URL(import.meta.url)).on('message', text => console.log(text))`
const dynamic = imported.replace(/^import (.*) from (.*)$/m, 'const $1 = await import($2)')

export const workerOnly = `${isWorker}
if (isMainThread) ${start}
else {
  ${dynamic}parentPort.postMessage(text)
}
`

export const workerAndMain = `${isWorker}${imported}
if (isMainThread) ${start}
else parentPort.postMessage(text)
`

/** Terminates a worker that waits in accept(2). */
export const terminated = `${isWorker}
import { createServer } from 'bsd-sockets'
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url))
  worker.on('message', text => worker.terminate().then(() => console.log(text)))
} else {
  const server = createServer(['127.0.0.1', 0])
  parentPort.postMessage('hello')
  server.accept()
}
`

export const piscina = {
  'app.mjs': `import { Piscina } from 'piscina'
const pool = new Piscina({ filename: new URL('task.mjs', import.meta.url).href })
console.log(await pool.run())
await pool.close()
`,
  'task.mjs': `${imported}export default () => text\n`,
}

/** Prints the message of the error when the package cannot be loaded. */
export const message = {
  esm: `import('bsd-sockets').then(() => console.log('loaded'), error => console.log(error.message))\n`,
  commonJs: `try { require('bsd-sockets'); console.log('loaded') } catch (error) { console.log(error.message) }\n`,
}
