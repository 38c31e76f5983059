// Two processes of one machine talk over localhost, which uses TCP and IP, and over a Unix socket, which does not.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AF_INET, AF_UNIX, recvExactly, Socket } from 'bsd-sockets'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '6545' },
    times: { type: 'string', default: '10000' },
    fd: { type: 'string' }, // this is the other process, and that its listening socket
  },
})

if (values.fd !== undefined) answer(Socket.fromFd(Number(values.fd)))
else {
  const directory = mkdtempSync(join(tmpdir(), 'howto-local-'))
  const localhost = new Socket(AF_INET)
  localhost.bind({ address: '127.0.0.1', port: Number(values.port) })
  measure('localhost', localhost)
  const unix = new Socket(AF_UNIX)
  unix.bind(join(directory, 'socket'))
  measure('Unix socket', unix)
  rmSync(directory, { recursive: true })
}

function measure(name: string, server: Socket): void {
  server.listen()
  const address = server.getsockname()
  spawn(process.execPath, [import.meta.filename, '--fd', '3'], { stdio: ['ignore', 'inherit', 'inherit', server.fd] })
  server.close() // the other process has it
  const socket = new Socket(server.family)
  socket.connect(address)
  ask(socket) // the first waits for the other process to start
  const start = performance.now()
  for (let i = 0; i < Number(values.times); i++) ask(socket)
  const microseconds = (performance.now() - start) * 1000
  console.log(`${name}: ${(microseconds / Number(values.times)).toFixed(1)} microseconds there and back`)
  socket.close()
}

function ask(socket: Socket): void {
  socket.sendall('ping')
  const answer = recvExactly(socket, 4).toString()
  if (answer !== 'pong') throw new Error(`got ${answer}`)
}

function answer(server: Socket): void {
  const [client] = server.accept()
  while (client.recv(4).length > 0) client.sendall('pong') // each end sends when it has received: no piece is split
  client.close()
  server.close()
}
