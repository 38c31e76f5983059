// Runs the server and the client of the conversation that the argument names; the server ends after the client.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { root } from '../../../scripts/stamp.js'
import { programs } from './programs.js'

const { server, client } = programs[process.argv[2]]
const start = (args, stdio) => spawn(process.execPath, args, { cwd: root, stdio: ['ignore', stdio, 'inherit'] })
const serving = start(server, 'pipe')
let output = ''
const port = await new Promise((resolve, reject) => {
  serving.once('exit', () => reject(new Error(`the server ended: ${output}`)))
  serving.stdout.on('data', chunk => {
    output += chunk
    const [, port] = /(\d+)\D*\n$/.exec(output) ?? []
    if (port !== undefined) resolve(port)
  })
})
const [status] = await once(start(client(port), 'ignore'), 'exit')
serving.removeAllListeners('exit')
serving.kill('SIGTERM')
await once(serving, 'exit')
process.exitCode = status
