// The words of --mode, as the servers tell them themselves.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './root.js'

/** Those that a server lists in --help. */
export function modesOf(command: string, ...args: readonly string[]): string[] {
  const help = execFileSync(command, [...args, '--help'], { encoding: 'utf8' })
  const words = /^ +--mode (\S+)$/m.exec(help)?.[1]
  if (words === undefined) throw new Error(`--help of ${command} has no modes: ${help}`)
  return words.split('|')
}

export const modesInC = modesOf(join(root, 'build/Release/echo'))
export const modesInTypeScript = modesOf(process.execPath, join(root, 'bin/bsd-sockets.js'), 'echo')
