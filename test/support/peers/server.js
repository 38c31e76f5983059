// A server from the system's packages, in a temporary folder, for as long as a check takes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chmodSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AF_UNIX } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

/** Where a program is, in PATH, where root's are, or in one of these folders; undefined where it is not installed. */
export function find(name, folders = []) {
  const path = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', ...folders]
  return path
    .map(folder => join(folder, name))
    .find(file => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

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

/** Runs `use` with a folder that everybody may read, which is removed after it. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'peers-'))
  chmodSync(folder, 0o755)
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Runs `use` while a server runs, from when `connect` succeeds for the first time. */
export async function withServer([command, ...args], connect, use) {
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
    return await use()
  } catch (error) {
    console.error(output)
    throw error
  } finally {
    server.kill('SIGINT') // to PostgreSQL: do not wait for those who are connected
    await ended
  }
}
