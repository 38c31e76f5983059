// An http server and client on sockets that Node cannot make: an abstract Unix name, Multipath TCP, or a socket whose options
// are set before it connects. unix(7), tcp(7)
import { parseArgs } from 'node:util'
import { AF_INET, AF_UNIX, IPPROTO_MPTCP, options, setOption, SOCK_STREAM, whyNot } from 'bsd-sockets'
import { createServer } from 'node:http'
import { Socket } from 'bsd-sockets'
import { connector, listenNet } from 'bsd-sockets/streams'
import type { ConnectorOptions } from 'bsd-sockets/streams'
import { Agent, fetch } from 'undici'

/** The text at a URL, over a socket of any kind. */
async function get(url: string, how: ConnectorOptions): Promise<string> {
  const dispatcher = new Agent({ connect: connector({ timeout: 2000, ...how }) })
  try {
    const response = await fetch(url, { dispatcher })
    return await response.text()
  } finally {
    await dispatcher.close()
  }
}

/** Serves http on a bound socket of any kind. */
async function serve(socket: Socket): Promise<void> {
  const server = createServer((_, response) => response.end('hello\n'))
  await listenNet(server, socket)
  process.once('SIGINT', () => server.close())
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    mptcp: { type: 'boolean', default: false },
    name: { type: 'string' },
    port: { type: 'string', default: '8000' },
    'user-timeout': { type: 'string' },
  },
})
const [command, url = 'http://127.0.0.1:8000/'] = positionals
if (values.help || (command !== 'serve' && command !== 'get')) {
  console.log(
    'usage: fetch serve [--name ABSTRACT_NAME | [--mptcp] [--port 8000]]\n' +
      '       fetch get [URL] [--name ABSTRACT_NAME | [--mptcp] [--user-timeout MILLISECONDS]]',
  )
  process.exit(values.help ? 0 : 2)
}
const why = values.mptcp ? whyNot.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) : null
if (why !== null) {
  console.error(`there is no MPTCP here: ${why}`)
  process.exit(1)
}
const protocol = values.mptcp ? IPPROTO_MPTCP! : 0

if (command === 'serve' && values.name !== undefined) {
  const socket = new Socket(AF_UNIX)
  socket.bind({ family: 'unix', abstract: values.name })
  await serve(socket)
  console.log(`listening on @${values.name}`)
} else if (command === 'serve') {
  const socket = new Socket(AF_INET, SOCK_STREAM, protocol)
  setOption(socket, options.reuseAddress, true)
  socket.bind(['127.0.0.1', Number(values.port)])
  const address = socket.getsockname()
  await serve(socket)
  console.log('listening on', 'port' in address ? address.port : '')
} else {
  const tcpUserTimeout = values['user-timeout'] === undefined ? undefined : Number(values['user-timeout'])
  const how = values.name === undefined ? { protocol, sockopts: { tcpUserTimeout } } : { address: `\0${values.name}` }
  try {
    process.stdout.write(await get(url, how))
  } catch (error) {
    const { cause = error } = error as Error // fetch has the socket's error as the cause of its own
    console.error((cause as Error).message)
    process.exitCode = 1
  }
}
