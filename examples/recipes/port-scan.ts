// Which TCP ports of a host are open: many connects at a time, each with a deadline, and one deadline for all. connect(2)
import { parseArgs } from 'node:util'
import { SOCK_STREAM } from 'bsd-sockets'
import { AbortError, getaddrinfo } from 'bsd-sockets/promises'
import { ConnectionRefusedError, SocketError, TimeoutError } from 'bsd-sockets'
import type { AddressInfo } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

/** What a connect to a port finds within `timeout` milliseconds. */
async function probe(host: AddressInfo, port: number, timeout: number, signal: AbortSignal): Promise<string> {
  using socket = new Socket(host.family)
  try {
    await socket.connect({ ...host.address, port }, { timeout, signal })
    // On the own machine a socket may be given the very port that it connects to. Then it connects to itself.
    return socket.getsockname().port === port && socket.getpeername().port === port ? 'closed' : 'open'
  } catch (error) {
    if (error instanceof ConnectionRefusedError) return 'closed'
    if (error instanceof TimeoutError) return 'no answer'
    if (error instanceof SocketError) return error.code // such as EHOSTUNREACH
    throw error // an AbortError: the deadline for all
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    deadline: { type: 'string', default: '60000' },
    help: { type: 'boolean', short: 'h', default: false },
    parallel: { type: 'string', default: '256' },
    port: { type: 'string', default: '1-1024' },
    timeout: { type: 'string', default: '1000' },
  },
})
if (values.help) {
  console.log(
    'usage: port-scan [--port 1-1024] [--timeout 1000] [--deadline 60000] [--parallel 256] [host=localhost]\n\n' +
      'Ports are numbers and ranges: 22,80,8000-8080. Times are milliseconds, for each port and for all.',
  )
  process.exit()
}

const ports = values.port.split(',').flatMap(range => {
  const [first, last = first] = range.split('-').map(Number)
  return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i)
})
const [host] = await getaddrinfo(positionals[0] ?? 'localhost', null, { type: SOCK_STREAM })
const found = new Map<number, string>()
const signal = AbortSignal.timeout(Number(values.deadline))
const queue = ports.values() // the tasks share it: each takes the next port
const task = async (): Promise<void> => {
  for (const port of queue) found.set(port, await probe(host!, port, Number(values.timeout), signal))
}
try {
  await Promise.all(Array.from({ length: Number(values.parallel) }, task))
} catch (error) {
  if (!(error instanceof AbortError)) throw error
  console.log(`the deadline ended it: ${found.size} of ${ports.length} ports`)
  process.exitCode = 1
}
const count = (state: string): number => [...found.values()].filter(each => each === state).length
for (const [port, state] of [...found].sort(([a], [b]) => a - b))
  if (state !== 'closed') console.log(`${port} ${state}`)
console.log(`${count('open')} open, ${count('closed')} closed, ${count('no answer')} without an answer`)
