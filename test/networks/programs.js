// The servers that meet bad networks: those of the command, in each mode, and one for datagrams on each floor.
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

/** Where they listen. */
export const port = 5000

const inC = ['blocking', 'threads', 'select', 'poll', 'epoll']
const inTypeScript = [...inC, 'promises', 'reactor']
const bin = join(root, 'bin/bsd-sockets.js')

const servers = (protocol, language, command, modes) =>
  modes.map(mode => ({
    group: `${protocol} in ${language}`,
    name: mode,
    protocol,
    // One client after the other.
    alone: mode === 'blocking',
    command: address => [...command, '--mode', mode, '--host', address, '--port', `${port}`, ...more[protocol]],
  }))

// Shorter than the tests wait.
const more = { echo: [], http: ['--header-timeout', '2000', '--write-timeout', '3000', '--idle-timeout', '60000'] }

const datagrams = ['sockets', 'promises', 'reactor', 'socketserver'].map(floor => ({
  group: 'datagrams',
  name: floor,
  protocol: 'udp',
  command: address => [process.execPath, join(root, 'test/networks/datagrams.js'), floor, address, `${port}`],
}))

export const programs = [
  ...servers('echo', 'C', [join(root, 'build/Release/echo')], inC),
  ...servers('echo', 'TypeScript', [process.execPath, bin, 'echo'], inTypeScript),
  ...servers('http', 'C', [join(root, 'build/Release/http')], inC),
  ...servers('http', 'TypeScript', [process.execPath, bin, 'http'], inTypeScript),
  ...datagrams,
]
