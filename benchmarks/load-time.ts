// The time of a start: a process that imports the module and ends, compared with one that imports nothing.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pinned, root, serverCore } from './machine.js'
import { choose } from './peer.js'
import type { Prepared, Question } from './question.js'
import { bun, deno, newestNode, node, python } from './runtimes.js'

const run = promisify(execFile)

const module = (text: string): string[] => ['--input-type=module', '-e', text]

const programs = [
  { name: 'nothing', runtime: node, args: module('') },
  { name: 'node:net', runtime: node, args: module("import 'node:net'") },
  ...['syscalls', '', 'promises', 'streams', 'reactor', 'http'].map(path => ({
    name: path === '' ? 'sockets' : path,
    runtime: node,
    args: module(`import 'bsd-sockets${path && '/'}${path}'`),
  })),
  { name: 'nothing-required', runtime: node, args: ['-e', ''] },
  ...['syscalls', ''].map(path => ({
    name: `${path === '' ? 'sockets' : path}-required`,
    runtime: node,
    args: ['-e', `require('bsd-sockets${path && '/'}${path}')`],
  })),
  { name: 'nothing-26', runtime: newestNode, args: module('') },
  { name: 'reactor-26', runtime: newestNode, args: module("import 'bsd-sockets/reactor'") },
  { name: 'bun', runtime: bun, args: ['-e', ''] },
  { name: 'deno', runtime: { ...deno, command: deno.command && deno.command.slice(0, 1) }, args: ['eval', ''] },
  { name: 'python-socket', runtime: python, args: ['-c', 'import socket'] },
]

export const loadTime: Question = {
  title: 'Starting a process that imports',
  columns: [{ key: 'ms', title: 'ms', digits: 1, ratio: true }],
  warm: false,
  prepare(options): Promise<Prepared> {
    const { there, skipped } = choose(options, programs)
    const entrants = there.map(({ name, runtime, args }) => ({
      name,
      async measure() {
        const [file, ...rest] = pinned(serverCore, [...runtime.command!, ...args])
        const once = async (): Promise<number> => {
          const before = performance.now()
          await run(file!, rest, { cwd: root })
          return performance.now() - before
        }
        // Disturbances only make a start longer.
        const first = await once()
        return { ms: options.quick ? first : Math.min(first, await once(), await once()) }
      },
    }))
    return Promise.resolve({ cases: [{ name: 'import', entrants }], skipped })
  },
}
