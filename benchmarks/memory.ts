// What an idle connection weighs: the server's memory with many of them, less its memory before, for each.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { echoServers } from './echo.js'
import { built } from './machine.js'
import { wanted } from './question.js'
import type { Prepared, Question, Sample } from './question.js'
import { memoryOf, startServer } from './server.js'
import type { Contestant } from './server.js'

const compared = ['net', 'net-onread', 'reactor', 'promises', 'streams', 'asyncio', 'c-epoll']

async function hold(port: number, count: number): Promise<{ close(): Promise<void> }> {
  const args = ['idle', `--connections`, `${count}`, '--port', `${port}`]
  const load = spawn(built('load'), args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(load.stdout), 'line')) as [string]
  if (line !== 'open') throw new Error(`load: ${line}`)
  return {
    async close() {
      load.stdin.end()
      await once(load, 'exit')
    },
  }
}

// A hundred connections first: what the first of them brings with it is not each one's weight.
async function measure({ command }: Contestant, count: number): Promise<Sample> {
  const server = await startServer(command)
  try {
    const few = await hold(server.port, 100)
    const before = memoryOf(server.pid)
    const many = await hold(server.port, count)
    const bytes = (memoryOf(server.pid) - before) / count
    await many.close()
    await few.close()
    return { bytes }
  } finally {
    await server.stop()
  }
}

export const memory: Question = {
  title: 'Memory of an idle connection',
  columns: [{ key: 'bytes', title: 'bytes', digits: 0, ratio: true }],
  more: false,
  prepare(options): Promise<Prepared> {
    const count = options.quick ? 500 : 10_000
    const entrants = compared
      .map(name => echoServers.find(server => server.name === name)!)
      .filter(({ name }) => wanted(options, name))
      .map(server => ({ name: server.name, measure: () => measure(server, count) }))
    return Promise.resolve({
      cases: [{ name: `${count.toLocaleString('en')} connections`, entrants }],
      skipped: [],
      close: () => Promise.resolve(),
    })
  },
}
