// Runs a command for a client: its standard input and output are the connection.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { F_GETFL, F_SETFL, O_NONBLOCK } from '../../constants.js'
import type { Socket } from '../../promises/index.js'
import * as sys from '../../syscalls/index.js'
import type { Channel } from './channel.js'
import { Pieces } from './pieces.js'

// As a shell tells it.
const statusOf = ([code, signal]: [number | null, NodeJS.Signals | null]): number =>
  code ?? 128 + constants.signals[signal!]

/** Runs `command` by sh with the socket itself; resolves with its exit status. The socket is closed here. */
export async function execOnSocket(command: string, socket: Socket): Promise<number> {
  const { fd } = socket
  sys.fcntl(fd, F_SETFL, sys.fcntl(fd, F_GETFL, 0) & ~O_NONBLOCK) // programs expect descriptors that block
  const child = spawn('/bin/sh', ['-c', command], { stdio: [fd, fd, 'inherit'] })
  socket.close()
  return statusOf((await once(child, 'exit')) as Parameters<typeof statusOf>[0])
}

/** The same with a channel, by pipes. */
export async function execOnChannel(command: string, channel: Channel): Promise<number> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const output = new Pieces(child.stdout)

  async function toChild(): Promise<void> {
    child.stdin.on('error', () => undefined) // it may end before it has read all
    for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive())
      await new Promise<void>(resolve => child.stdin.write(bytes, () => resolve()))
    child.stdin.end()
  }

  const fed = toChild().catch(() => void child.stdin.end()) // a lost client is the end of its input
  try {
    for (let bytes = await output.next(); bytes; bytes = await output.next()) await channel.send(bytes)
    await channel.endSending()
    return statusOf((await exit) as Parameters<typeof statusOf>[0])
  } finally {
    channel.close()
    await fed
    output.close()
  }
}
