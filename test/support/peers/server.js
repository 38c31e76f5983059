// Runs a server of the system's packages in a temporary folder for the time of a check.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { AF_UNIX, Socket as SyncSocket } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'
import { find as findIn } from '../find.js'

/** The file of a server in PATH, in root's folders, or in one of `folders`; undefined if it is not installed. */
export const find = (name, folders = []) => findIn(name, ['/usr/sbin', ...folders])

/** A socket of ours, connected to a Unix socket. */
export async function connected(path) {
  const socket = new Socket(AF_UNIX)
  try {
    await socket.connect(path)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** A stream over a socket of ours that is connected to a Unix socket at once, as pools of connections need it. */
export function connectedNow(path) {
  const socket = new SyncSocket(AF_UNIX)
  try {
    socket.settimeout(5000)
    socket.connect(path)
    return toDuplex(socket)
  } catch (error) {
    socket.close()
    throw error
  }
}

/** What a program of examples/recipes prints. Rejects with its `code` and its `stderr` if it fails. */
export async function recipe(name, ...args) {
  const file = join(import.meta.dirname, `../../../build/programs/examples/recipes/${name}.js`)
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args])
  return stdout
}

/** Runs `use` with a folder that everybody may read, and then removes the folder. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'peers-'))
  chmodSync(folder, 0o755)
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Starts a server, runs `use` with its process when `connect` succeeds, and then stops the server by `signal`. */
export async function withServer([command, ...args], connect, use, signal = 'SIGTERM') {
  const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', text => (output += text))
  const ended = once(server, 'close')
  try {
    for (;;) {
      if (server.exitCode !== null) throw new Error(`${command} ended with ${server.exitCode}`)
      try {
        await connect()
        break
      } catch {
        await sleep(20)
      }
    }
    return await use(server)
  } catch (error) {
    console.error(output)
    throw error
  } finally {
    server.kill(signal)
    await ended
  }
}
