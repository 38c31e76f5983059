// Lists the sockets of this machine, as ss(8) does: the kernel gives the list over netlink. sock_diag(7)
import { AF_INET, AF_INET6 } from '../constants.js'
import { isSocketError } from '../errors.js'
import { printable, printableJson } from '../printable.js'
import { holders, processName } from '../processes.js'
import { paint } from './colours.js'
import { defineCommand, integer } from './command.js'
import type { Options, Values } from './command.js'
import { inetSockets } from './ss/inet.js'
import type { InetNetid } from './ss/inet.js'
import type { Listed } from './ss/socket.js'
import { connected, everyState, shownState, statesOf, stateWords, waiting } from './ss/states.js'
import { Services, shownEnd, shownInfo, shownOwners, shownTimer } from './ss/text.js'
import type { Owner } from './ss/text.js'
import { unixSockets } from './ss/unix.js'

const options = {
  tcp: { type: 'boolean', short: 't', meaning: 'TCP' },
  udp: { type: 'boolean', short: 'u', meaning: 'UDP' },
  raw: { type: 'boolean', short: 'w', meaning: 'raw sockets' },
  unix: { type: 'boolean', short: 'x', meaning: 'Unix sockets; without any of -t, -u, -w and -x all of these' },
  listening: { type: 'boolean', short: 'l', meaning: 'those that listen, or that are not connected' },
  all: { type: 'boolean', short: 'a', meaning: 'all; without -a, -l and a filter those that are connected' },
  ipv4: { type: 'boolean', short: '4', meaning: 'IPv4 only' },
  ipv6: { type: 'boolean', short: '6', meaning: 'IPv6 only' },
  port: { type: 'string', value: 'N', meaning: 'only those with this port, here or at the other end' },
  numeric: { type: 'boolean', short: 'n', meaning: 'ports as numbers, also those of known services' },
  processes: { type: 'boolean', short: 'p', meaning: 'which processes have each socket; of other users for root only' },
  info: { type: 'boolean', short: 'i', meaning: "TCP's own figures: TCP_INFO, tcp(7)" },
  options: { type: 'boolean', short: 'o', meaning: "TCP's timer: its kind, the time left, the retransmissions" },
  'no-header': { type: 'boolean', short: 'H', meaning: 'no line with the names of the columns' },
  json: { type: 'boolean', meaning: 'one array in JSON, with one socket in each line' },
} as const satisfies Options

type Given = Values<typeof options>

const inetNetids: readonly InetNetid[] = ['raw', 'udp', 'tcp']

/** Which kinds are listed, and whether each was named. */
function kindsOf(given: Given): Map<InetNetid | 'unix', boolean> {
  const named = ([...inetNetids, 'unix'] as const).filter(kind => given[kind])
  if (named.length > 0) return new Map(named.map(kind => [kind, true]))
  const families = given.ipv4 === true || given.ipv6 === true
  return new Map((families ? inetNetids : (['unix', ...inetNetids] as const)).map(kind => [kind, false]))
}

/** The sockets, and why some are missing. */
interface Listing {
  readonly sockets: Listed[]
  readonly failures: string[]
}

function list(given: Given, filter: readonly string[]): Listing {
  const states = statesOf(filter) ?? (given.all ? everyState : given.listening ? waiting : connected)
  const asked = { states, info: given.info ?? false }
  const families = [...(given.ipv6 && !given.ipv4 ? [] : [AF_INET]), ...(given.ipv4 && !given.ipv6 ? [] : [AF_INET6])]
  const sockets: Listed[] = []
  const failures: string[] = []
  for (const [kind, named] of kindsOf(given)) {
    try {
      if (kind === 'unix') sockets.push(...unixSockets(asked))
      else for (const family of families) sockets.push(...inetSockets(kind, family, asked))
    } catch (error) {
      // The part of the kernel that lists a kind is a module, which may not be there.
      if (!isSocketError(error) || error.code !== 'ENOENT') throw error
      if (named) failures.push(`the kernel cannot list ${kind} sockets: it lacks the module ${kind}_diag`)
    }
  }
  if (given.port === undefined) return { sockets, failures }
  const port = integer('--port', given.port, 0, 65535)
  const has = ({ local, peer }: Listed): boolean => [local, peer].some(end => 'port' in end && end.port === port)
  return { sockets: sockets.filter(has), failures }
}

/** The processes that have each socket, by its number. */
function ownersOf(): Map<number, Owner[]> {
  const names = new Map<number, string>()
  const owners = new Map<number, Owner[]>()
  for (const { pid, fd, inode } of holders()) {
    const name = names.get(pid) ?? processName(pid)
    names.set(pid, name)
    owners.set(inode, [...(owners.get(inode) ?? []), { name, pid, fd }])
  }
  return owners
}

const head = ['Netid', 'State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port', 'Process']

function print(sockets: readonly Listed[], given: Given, owners: Map<number, Owner[]> | undefined): void {
  const services = given.numeric ? undefined : new Services()
  const rows = sockets.map(socket => {
    const { netid, state, recvQ, sendQ, local, peer, inode, timer } = socket
    const process = [
      shownOwners(owners?.get(inode) ?? []),
      given.options && timer !== undefined ? shownTimer(timer) : '',
    ].filter(text => text !== '')
    const ends = [shownEnd(local, socket, services), shownEnd(peer, socket, services)]
    return [netid, shownState(state), `${recvQ}`, `${sendQ}`, ...ends, process.join(' ')].map(printable)
  })
  const widths = head.map((title, i) => rows.reduce((width, row) => Math.max(width, row[i]!.length), title.length))
  const lineOf = (row: string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join(' ')
      .trimEnd()
  if (!given['no-header']) console.log(paint('bold', lineOf(head)))
  rows.forEach((row, i) => {
    console.log(lineOf(row))
    const info = shownInfo(sockets[i]!)
    if (info !== undefined) console.log(`\t ${info}`)
  })
}

function printJson(sockets: readonly Listed[], owners: Map<number, Owner[]> | undefined): void {
  const lines = sockets.map(({ netid, state, inode, ...rest }) =>
    printableJson({
      netid,
      state: shownState(state),
      ...rest,
      inode,
      ...(owners !== undefined && { processes: owners.get(inode) ?? [] }),
    }),
  )
  console.log(lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n]`)
}

export const command = defineCommand({
  operands: '[state|exclude STATE]...',
  words: () => ['state', 'exclude', ...stateWords],
  options,
  notes: [
    'The columns are those of ss(8), always all of them. Recv-Q and Send-Q are bytes; of a listener the connections that wait to be',
    'accepted, and how many may. STATE is one of',
    `  ${stateWords.join(' ')}`,
    'In --json each socket has netid, state, recvQ, sendQ, local, peer, uid, inode; TCP also timer (expires in milliseconds), with -i',
    'tcpInfo as in the package, with -p processes. A Unix socket has a path, or an abstract name without the NUL before it.',
    'Status: 0, 1 if the kernel cannot list what was asked for, 2 for a wrong command line.',
    '',
    'Examples:',
    '  bsd-sockets ss -ltnp                       who listens on which TCP port',
    '  bsd-sockets ss -tni state established      the connections, each with its round-trip time',
    '  bsd-sockets ss -tan --port 443 --json      what has to do with this port, for a program',
  ].join('\n'),
  run(given, filter) {
    if (process.platform !== 'linux')
      throw new Error(
        'ss lists sockets over netlink, which only Linux has. Here use `netstat -anv -p tcp`, or `lsof -nP -i` with the processes.',
      )
    const { sockets, failures } = list(given, filter)
    const owners = given.processes ? ownersOf() : undefined
    if (given.json) printJson(sockets, owners)
    else print(sockets, given, owners)
    for (const failure of failures) console.error(`bsd-sockets ss: ${failure}`)
    return failures.length === 0 ? 0 : 1
  },
})
