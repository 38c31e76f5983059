// The programs whose system calls are made to fail.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

const bin = join(root, 'bin/bsd-sockets.js')
const conversations = join(root, 'test/faults/conversations.js')
const ownServers = join(root, 'test/faults/servers.js')
const addon = 'bsd_sockets.node'
const output = (...command) => execFileSync(command[0], command.slice(1), { encoding: 'utf8' })

/** The words of --mode in the help of a server. */
const modesOf = (...command) => /^ +--mode (\S+)$/m.exec(output(...command, '--help'))[1].split('|')

// Their poller is edge-triggered: after a false EAGAIN the kernel reports nothing, since nothing changes.
const edges = new Set(['epoll', 'promises', 'reactor', 'threads'])
const all = /./

function servers(name, lang, command, object) {
  return modesOf(...command).map(mode => ({
    group: `${name} in ${lang === 'c' ? 'C' : 'TypeScript'}`,
    name: mode,
    kind: 'server',
    talk: name,
    lang,
    object,
    command: [...command, '--mode', mode, '--port', '0'],
    // These wait for a client in recv(2) and send(2), of a blocking socket.
    blocks: lang === 'c' && name === 'echo' && (mode === 'blocking' || mode === 'threads'),
    edges: edges.has(mode) && !(lang === 'c' && mode === 'threads') ? all : undefined,
  }))
}

const inC = name => servers(name, 'c', [join(root, 'build/Release', name)], '')
const inTypeScript = name => servers(name, 'ts', [process.execPath, bin, name], addon)

const dropIns = ['raw-socket', 'unix-dgram', 'usocket']
const groupOf = name =>
  dropIns.includes(name) ? 'drop-ins' : (/^(sockets|promises)/.exec(name)?.[0] ?? 'other floors')

const held = output(process.execPath, conversations, '--list')
  .trim()
  .split('\n')
  .map(name => ({
    group: groupOf(name),
    name: name.replace(/^(sockets|promises), /, ''),
    kind: 'conversation',
    object: addon,
    command: [process.execPath, conversations, name],
    edges: /^(sockets|select|poll|epoll)/.test(name) ? undefined : all,
    whole: /messages|batches|UDP|raw-socket|unix-dgram/.test(name),
  }))

// Those without a command. The sockets of handlers of socketserver are synchronous.
const ownServer = (group, name, kind, talk, edges) => ({
  group,
  name,
  kind: 'server',
  talk,
  object: addon,
  command: [process.execPath, ownServers, kind],
  edges,
})

const ownOnes = [
  ownServer('socketserver', 'TCPServer', 'TCPServer', 'echo', /^accept/),
  ownServer('socketserver', 'threading', 'threading', 'echo', /^accept/),
  // `serve` prints errors with their stacks by default, also those that pass.
  { ...ownServer('http in TypeScript', 'serveInWorkers', 'serveInWorkers', 'http', all), stacks: true },
]

// `input` is what they read; `sent` is what a client of those that listen sends; the words in capitals are the addresses of echo servers.
const command = (name, input, ...args) => ({
  group: 'commands',
  name,
  kind: 'command',
  object: addon,
  input,
  command: [process.execPath, bin, ...args],
  edges: all,
})

const commands = [
  command('nc', 'hello\n', 'nc', '-N', '127.0.0.1', 'TCP'),
  command('nc -U', 'hello\n', 'nc', '-N', '-U', 'UNIX'),
  // It may end before the answer comes.
  { ...command('nc -u', 'hello\n', 'nc', '-u', '-q', '0', '127.0.0.1', 'UDP'), varies: true },
  { ...command('nc -l', 'answer\n', 'nc', '-l', '-v', '-N', '127.0.0.1', '0'), sent: 'hello\n' },
  command('nc -z', '', 'nc', '-zv', '127.0.0.1', 'TCP'),
  command('ss', '', 'ss', '-ltn', '--port', 'TCP'),
  command('ss -x', '', 'ss', '-lx'),
  // It reads an option of the next kind of socket if one cannot be made.
  { ...command('sockopts', '', 'sockopts', 'SO_RCVBUF', 'TCP_NODELAY'), varies: true },
]

export const programs = [
  ...inC('echo'),
  ...inTypeScript('echo'),
  ...inC('http'),
  ...inTypeScript('http'),
  ...ownOnes,
  ...held,
  ...commands,
]
