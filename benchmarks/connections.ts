// Connections a second: connect, one message there and back, close.
import { echoServers } from './echo.js'
import { measureLoad } from './load.js'
import { loadColumns, wanted } from './question.js'
import type { Prepared, Question } from './question.js'
import { startAll, stopAll } from './server.js'

const compared = ['c-epoll', 'reactor', 'net', 'promises', 'epoll', 'c-threads', 'asyncio']

export const connections: Question = {
  title: 'Connect, one echo, close',
  columns: loadColumns,
  more: true,
  async prepare(options): Promise<Prepared> {
    const servers = await startAll(echoServers.filter(({ name }) => compared.includes(name) && wanted(options, name)))
    return {
      cases: [
        {
          name: '32 at a time, 64 B',
          entrants: servers.map(({ name, server }) => ({
            name,
            measure: () => measureLoad(server, { mode: 'connect', connections: 32, size: 64 }, options.duration),
          })),
        },
      ],
      skipped: [],
      close: () => stopAll(servers),
    }
  },
}
