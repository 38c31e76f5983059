// Hints for errors: what probably went wrong, and what to do. Loaded when the first hint is read.
import { statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { printable } from './printable.js'
import { holders, processes, processName, textOf } from './processes.js'
import type { GaiError, SocketError } from './errors.js'

type Hint = string | undefined | ((error: SocketError) => string | undefined)

const linux = process.platform === 'linux'

const wordsOf = (file: string): string[] => textOf(file).split(/\s+/).filter(Boolean)

const exists = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true // it cannot be looked at
  }
}

/** A socket in a table of /proc/net. proc(5) */
interface Entry {
  readonly protocol: string
  readonly state: string
  readonly uid: string
  readonly inode: number
}

const tables = ['tcp', 'tcp6', 'udp', 'udp6']
const listens = '0A'
const timeWait = '06'

function entriesOf(port: number): Entry[] {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return tables.flatMap(table =>
    textOf(`/proc/net/${table}`)
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
      .filter(([, local = '']) => local.endsWith(hex))
      .map(([, , , state = '', , , , uid = '', , inode = '']) => ({
        protocol: table.slice(0, 3).toUpperCase(),
        state,
        uid,
        inode: Number(inode),
      })),
  )
}

const mostLinks = 50_000 // are read to find a process

/** The processes that have these sockets, by their inodes: "node (process 12)". */
function holdersOf(inodes: ReadonlySet<number>): string[] {
  const pids = new Set<number>()
  for (const { pid, inode } of holders(processes(), mostLinks)) if (inodes.has(inode)) pids.add(pid)
  return [...pids].map(pid => (pid === process.pid ? 'this process' : `${processName(pid)} (process ${pid})`))
}

function portInUse(port: number): string {
  const entries = entriesOf(port)
  const listening = entries.filter(({ protocol, state }) => protocol === 'UDP' || state === listens)
  const bound = listening.length > 0 ? listening : entries.filter(({ state }) => state !== timeWait)
  if (bound.length > 0) {
    const holders = holdersOf(new Set(bound.map(({ inode }) => inode)))
    const kinds = [...new Set(bound.map(({ protocol }) => protocol))].join(' and ')
    const who = holders.length > 0 ? holders.join(', ') : `a process of the user ${bound[0]!.uid}`
    return `${kinds} port ${port} is held by ${who}. End it, or take another port; 0 is any free one.`
  }
  if (entries.length > 0)
    return `Earlier connections of port ${port} are in TIME_WAIT: set SO_REUSEADDR before bind. socket(7)`
  return `Another socket has the port ${port}. Take another one; 0 is any free one. \`ss -lntup\` lists them.`
}

// Whether a socket listens on the path; undefined if /proc does not tell. proc(5)
function listensOn(path: string): boolean | undefined {
  const lines = textOf('/proc/net/unix').split('\n')
  if (lines.length < 2) return undefined
  return lines.some(line => line.endsWith(` ${path}`) && line.split(/\s+/)[3] === '00010000')
}

const isAbstract = (path: string): boolean => path.startsWith('\0')

function addressInUse({ port, path }: SocketError): string | undefined {
  if (port !== undefined) return portInUse(port)
  if (path === undefined) return 'Another socket has this address.'
  if (isAbstract(path)) return 'Another socket has this abstract name.'
  return listensOn(path) === true
    ? `A server listens on ${path}. Stop it, or take another path.`
    : `The file ${path} is there already, and nobody listens on it${linux ? '' : ', or another server does'}: remove it before bind. unix(7)`
}

function openLimit(): string {
  // No descriptor is left to read /proc with.
  const soft = /^Max open files\s+(\d+)/m.exec(textOf('/proc/self/limits'))?.[1] ?? limitOfReport()
  return soft === undefined ? '' : ` (${soft})`
}

function limitOfReport(): string | undefined {
  const { userLimits } = (process.report?.getReport() ?? {}) as {
    userLimits?: { open_files?: { soft?: number | string } }
  }
  const soft = userLimits?.open_files?.soft
  return soft === undefined ? undefined : String(soft)
}

const pingHelp = (): string => {
  const [low = '1', high = '0'] = wordsOf('/proc/sys/net/ipv4/ping_group_range')
  return `Ping sockets are for the groups ${low} to ${high} of net.ipv4.ping_group_range: sysctl -w net.ipv4.ping_group_range="0 2147483647". icmp(7)`
}

function lowPort({ port }: SocketError): string | undefined {
  if (port === undefined) return undefined
  const [first = '1024'] = wordsOf('/proc/sys/net/ipv4/ip_unprivileged_port_start')
  if (port >= Number(first)) return undefined
  return linux
    ? `Ports below ${first} (net.ipv4.ip_unprivileged_port_start) need CAP_NET_BIND_SERVICE: take a higher port, or give the program the capability. capabilities(7)`
    : 'Ports below 1024 of one address are for root: take a higher port.'
}

const pathRights = ({ path }: SocketError): string | undefined =>
  path === undefined || isAbstract(path)
    ? undefined
    : `The path ${path} needs write permission on the socket's file to connect, on its folder to bind, and search permission on all folders before it. unix(7)`

// What options take that are not an int.
const takes: [RegExp, () => string][] = [
  [/^(SO_LINGER)/, () => 'a struct linger: { on, seconds }'],
  [/_(RCV|SND)TIMEO/, () => 'a struct timeval; a Socket does not use it: settimeout() is its timeout'],
  [
    /^SO_BINDTODEVICE$|_MULTICAST_IF$/,
    () => `the name or index of an interface: ${Object.keys(networkInterfaces()).join(', ')}`,
  ],
  [/_(ADD|DROP|JOIN|LEAVE)_/, () => 'a group and an interface (struct ip_mreqn, or struct ipv6_mreq)'],
  [
    /^TCP_CONGESTION$/,
    () => `an algorithm: ${wordsOf('/proc/sys/net/ipv4/tcp_available_congestion_control').join(', ') || 'its name'}`,
  ],
  [/^TCP_(KEEPIDLE|KEEPINTVL|KEEPALIVE)$/, () => 'seconds, 1 to 32,767'],
  [/^TCP_KEEPCNT$/, () => 'a number of probes, 1 to 127'],
  [/^TCP_SYNCNT$/, () => 'a number of tries, 1 to 127'],
  [/^TCP_(USER_TIMEOUT)$/, () => 'milliseconds, at least 0'],
  [/^TCP_MAXSEG$/, () => 'bytes, 88 to 32,767, before connect'],
  [/^(IP_TTL|IP_MULTICAST_TTL|IPV6_\w+_HOPS)$/, () => 'a number of hops, at most 255'],
  [/^(SO_ATTACH_FILTER)$/, () => 'a struct sock_fprog'],
]

const taken = (option: string): string => takes.find(([names]) => names.test(option))?.[1]() ?? 'an int'

const kindOf = (level: number | undefined): string => (level === undefined ? '' : `, level ${level}`)

function wrongOption({ option, level, syscall }: SocketError): string {
  if (option === undefined)
    return `The level and number do not name an option of this kind of socket${kindOf(level)}, or the value has a wrong size.`
  return syscall === 'getsockopt'
    ? `${option} cannot be read in this size or this state of the socket.`
    : `${option} takes ${taken(option)}. It may also be refused in the socket's present state, for example after connect.`
}

const noOption = ({ option, level }: SocketError): string =>
  `${option ?? 'The option'}${option === undefined ? kindOf(level) : ''} is not known to this kind of socket, or to this ${linux ? 'kernel' : 'system'}: see the option's own level (SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP). \`supports\` and \`whyNot\` tell what a system has.`

const onClosed = ({ fd }: SocketError): string =>
  fd === undefined || fd < 0
    ? 'The object was closed or detached before this call.'
    : `The descriptor ${fd} is not open in this process: another part of the program has closed it, or it was never one.`

// Calls that macOS lacks, and what does their work.
const equivalents: Readonly<Record<string, string>> = {
  accept4: 'accept(2) with fcntl(2), as Socket.accept does',
  epoll_create1: 'kqueue(2): Kqueue, or Selector, which takes the best of each system',
  memfd_create: 'shm_open(3) of a program in C, or a file that is unlinked at once',
  pipe2: 'pipe() of the package, or a pair of sockets: Socket.pair()',
  recvmmsg: 'Socket.recvmmsg, which calls recvmsg(2) for each message',
  sendmmsg: 'Socket.sendmmsg, which calls sendmsg(2) for each message',
  pidfd_getfd: 'SCM_RIGHTS: the other process sends the descriptor. recvFds and sendFds',
  splice: 'recv and sendall, or sendfile for a file',
  kqueue: 'epoll(7): Epoll, or Selector, which takes the best of each system',
}

const lacking = ({ syscall }: SocketError): string =>
  equivalents[syscall] === undefined
    ? `This system has no ${syscall} for this kind of socket. \`whyNot\` tells what it lacks.`
    : `This system has no ${syscall}; instead use ${equivalents[syscall]}.`

function mayTrace(): string {
  const scope = textOf('/proc/sys/kernel/yama/ptrace_scope')
  const yama = ['', '0'].includes(scope) ? '' : `, and kernel.yama.ptrace_scope must be 0 (it is ${scope})`
  return `This process may not trace the other one (PTRACE_MODE_ATTACH_REALCREDS): both must have the same user${yama}; or CAP_SYS_PTRACE is needed. ptrace(2)`
}

const ofAddress = 'The address is of another family than the socket: AF_INET takes IPv4, AF_INET6 IPv6, AF_UNIX a path.'

function refused({ port, path, syscall }: SocketError): string | undefined {
  if (path !== undefined)
    return isAbstract(path)
      ? 'Nobody listens on this abstract name.'
      : `The file ${path} is left over from a server that has ended (or has another type of socket): start the server, and remove the file before its bind.`
  if (syscall !== 'connect' || port === undefined)
    return 'Nobody receives at the address to which an earlier datagram was sent. udp(7)'
  const elsewhere = entriesOf(port).some(({ protocol, state }) => protocol === 'TCP' && state === listens)
  return elsewhere
    ? `A server listens on port ${port} of this machine, but not at this address or in this family, or its backlog is full.`
    : `Nobody listens on port ${port} there, or a firewall rejects it: start the server, or check the port.`
}

const addresses = (): string =>
  Object.values(networkInterfaces())
    .flatMap(list => list ?? [])
    .map(({ address }) => address)
    .slice(0, 8)
    .join(', ')

function noSuchFile({ path }: SocketError): string | undefined {
  if (path === undefined) return undefined
  const full = resolve(path)
  const from = full === path ? '' : ` (from the current directory: ${full})`
  const folder = resolve(full, '..')
  return exists(folder)
    ? `There is no file ${path}${from}: the server has not been started, or has removed it.`
    : `There is no folder ${folder}.`
}

const ownTimeout = ({ timeout, syscall }: SocketError): string =>
  timeout === undefined
    ? 'The peer or the network did not answer in time. TCP_USER_TIMEOUT and TCP_SYNCNT set how long the kernel tries. tcp(7)'
    : `${syscall} had to wait longer than the timeout of ${timeout} ms that this program has set: a longer one, or null for no limit (settimeout, or the option timeout).`

const notBlocking =
  'The timeout is 0, or the flags forbid to wait, and the call would have to: use a timeout, or a method try…, which returns null then.'

/** The hints, by the errno and the system call; `*` is any other call. */
const hints: Readonly<Record<string, Readonly<Record<string, Hint>>>> = {
  EACCES: {
    bind: error => lowPort(error) ?? pathRights(error),
    connect: error =>
      pathRights(error) ?? 'To connect to a broadcast address, set SO_BROADCAST first. A firewall may also forbid it.',
    socket: pingHelp,
    sendto: error => pathRights(error) ?? 'To send to a broadcast address, set SO_BROADCAST first. ip(7)',
    setsockopt: ({ option = 'the option' }) =>
      `To set ${option} a capability is needed, mostly CAP_NET_ADMIN. capabilities(7)`,
  },
  EADDRINUSE: { '*': addressInUse, connect: 'The same connection exists already, or no local port is free.' },
  EADDRNOTAVAIL: {
    bind: () => `No interface of this machine has the address; there are ${addresses()}.`,
    connect: () =>
      'No local port is free for this address (net.ipv4.ip_local_port_range), or the address cannot be reached from the one that is bound.',
    '*': 'No interface of this machine has the address.',
  },
  EAFNOSUPPORT: {
    '*': ofAddress,
    socket:
      'The kernel does not have this address family: it may be a module that is not loaded, or IPv6 may be switched off.',
  },
  EAGAIN: {
    '*': notBlocking,
    connect: 'The backlog of the Unix server is full: it accepts too slowly, or its backlog is too small. listen(2)',
  },
  EALREADY: { '*': 'An earlier connect is in progress: wait until the socket is writable.' },
  EBADF: {
    '*': onClosed,
    pidfd_getfd: 'The other process has no such descriptor: /proc/PID/fd lists those that it has.',
  },
  ECANCELED: { '*': 'The object was closed while the call was waiting.' },
  ECONNABORTED: { '*': 'The connection was lost before it was accepted: accept the next one.' },
  ECONNREFUSED: { '*': refused },
  ECONNRESET: {
    '*': 'The peer has closed the connection with unread bytes, or was killed, or a firewall has reset it.',
  },
  EDESTADDRREQ: { '*': 'The datagram socket has no peer: use sendto, or connect first.' },
  EDOM: { '*': wrongOption },
  EHOSTUNREACH: { '*': 'No host answers at the address: it is switched off, or a router or firewall rejects it.' },
  EINPROGRESS: {
    '*': 'The timeout is 0, and the connect goes on: when the socket is writable, tryConnect gives its result.',
  },
  EINTR: {
    '*': 'A signal that process has a listener for arrived, or an interrupter was fired. The call can be repeated.',
  },
  EINVAL: {
    accept: 'The socket does not listen: call listen first. accept(2)',
    bind: 'The socket is bound already, or the address has a wrong length. bind(2)',
    getsockopt: wrongOption,
    listen: 'The socket is connected. listen(2)',
    setsockopt: wrongOption,
    shutdown: 'The direction is SHUT_RD, SHUT_WR or SHUT_RDWR.',
    connect: 'The socket listens, or the address cannot be connected to.',
    socket: 'The type has unknown flags, or the family or the protocol is invalid.',
  },
  EISCONN: {
    '*': 'The socket is connected already: use a new socket for another peer.',
    sendto: 'The socket is connected: use send, without an address.',
  },
  EMFILE: {
    '*': () =>
      `The process has as many open descriptors as it may have${openLimit()}: close those that are not needed, or raise the limit (ulimit -n, LimitNOFILE of systemd).`,
  },
  EMSGSIZE: {
    '*': 'The message is larger than the socket can send at once: 65,507 bytes over UDP and IPv4, less with IP_MTU_DISCOVER; SO_SNDBUF for a Unix socket.',
  },
  ENAMETOOLONG: {
    '*': `The path of a Unix socket has at most ${linux ? 107 : 103} bytes. A shorter path, a relative one, or on Linux an abstract name, or /proc/self/fd/N/name by its open folder. unix(7)`,
  },
  ENETUNREACH: {
    '*': ({ address = '' }) =>
      `There is no route to ${address || 'this network'}${address.includes(':') ? ': this machine may have no IPv6' : ''}. \`ip route get ADDRESS\` shows it.`,
  },
  ENFILE: {
    '*': () =>
      `The system has as many open files as it may have (fs.file-max${wordsOf('/proc/sys/fs/file-max').map(max => `: ${max}`)[0] ?? ''}).`,
  },
  ENOBUFS: { '*': 'The kernel has no memory for the message now: try again later, or send less at once.' },
  ENODEV: { '*': 'There is no network interface of this name or index.' },
  ENOENT: { '*': noSuchFile },
  ENOPROTOOPT: { '*': noOption },
  ENOSYS: { '*': lacking },
  ENOTCONN: { '*': 'The socket is not connected: connect it first, or the peer has disconnected already.' },
  ENOTSOCK: { '*': ({ fd }) => `The descriptor ${fd ?? ''} is a file or a pipe, not a socket.`.replace('  ', ' ') },
  ENOTSUP: {
    '*': error => (error.option === undefined ? lacking(error) : noOption(error)),
    accept: 'Only a stream or seqpacket socket that listens can accept.',
    getsockopt: noOption,
    listen: 'A datagram or raw socket cannot listen: it receives at once after bind.',
    setsockopt: noOption,
  },
  EPERM: {
    pidfd_getfd: mayTrace,
    bind: 'The address needs a capability. capabilities(7)',
    send: 'A firewall of this machine forbids it (netfilter).',
    sendmsg:
      'A firewall of this machine forbids it (netfilter), or the credentials or the descriptors may not be sent. unix(7)',
    sendto: 'A firewall of this machine forbids it (netfilter).',
    setsockopt: ({ option = 'the option' }) =>
      `To set ${option} a capability is needed, CAP_NET_ADMIN or CAP_NET_RAW. capabilities(7), socket(7)`,
    socket: linux
      ? 'Raw and packet sockets need CAP_NET_RAW: run it as root, or give it the capability (setcap cap_net_raw+ep, AmbientCapabilities of systemd). raw(7)'
      : 'Raw sockets are for root.',
    poller_add: 'A regular file is always ready, and cannot be waited for.',
  },
  EPIPE: { '*': 'The peer has closed the connection, or this side has ended sending (shutdown, end) before.' },
  EPROTONOSUPPORT: { '*': 'The family or the type has no such protocol: 0 is the default one.' },
  EPROTOTYPE: {
    '*': 'The socket at this path is of another type (stream, datagram or seqpacket), or the protocol does not fit the type.',
  },
  ESHUTDOWN: { '*': 'This side has ended sending before.' },
  ESOCKTNOSUPPORT: { '*': 'The family has no sockets of this type or protocol.' },
  ESRCH: { '*': 'There is no such process: it has ended, or it is in another PID namespace.' },
  ETIMEDOUT: { '*': ownTimeout },
}

const synonyms: Readonly<Record<string, string>> = {
  EOPNOTSUPP: 'ENOTSUP',
  EPFNOSUPPORT: 'EAFNOSUPPORT',
  EWOULDBLOCK: 'EAGAIN',
}

const hintsOf = (code: string): Readonly<Record<string, Hint>> => hints[synonyms[code] ?? code] ?? {}

// It may have the names of files and of processes of others.
const sentence = (hint: string | undefined): string | undefined => (hint === undefined ? undefined : printable(hint))

/** The hint for an error; undefined if there is none. Never throws. */
export function hintOf(error: SocketError): string | undefined {
  try {
    const { code, syscall } = error
    const calls = hintsOf(code)
    const hint = Object.hasOwn(calls, syscall) ? calls[syscall] : calls['*']
    return sentence(typeof hint === 'function' ? hint(error) : hint)
  } catch {
    return undefined
  }
}

const noSuchEntry: Readonly<Record<string, string>> = {
  getprotobyname:
    'The name is misspelt, or /etc/protocols does not have it: `getent protocols` lists those that it has.',
  getservbyname: 'The name is misspelt, or /etc/services does not have it: a port can be given by its number.',
  getservbyport: '/etc/services has no name for the port.',
  gethostbyaddr: 'No name is known for the address, in /etc/hosts or by the name servers (a PTR record).',
  getnameinfo: 'No name is known for the address, in /etc/hosts or by the name servers (a PTR record).',
}

const resolverHints: Readonly<Record<string, string | ((error: GaiError) => string | undefined)>> = {
  EAI_ADDRFAMILY: 'The host has no address of this family: ask for the other one, or for any.',
  EAI_AGAIN: () => {
    const servers = textOf('/etc/resolv.conf')
      .split('\n')
      .map(line => line.trim().split(/\s+/))
      .flatMap(([key, server]) => (key === 'nameserver' && server !== undefined ? [server] : []))
    const asked = servers.length > 0 ? servers.join(', ') : 'none'
    return `No name server has answered in time, or it has failed for now. /etc/resolv.conf names them (${asked}); RES_OPTIONS, such as "timeout:1 attempts:1", sets how long they are asked. resolver(5)`
  },
  EAI_BADFLAGS: 'The flags contradict each other, or AI_CANONNAME has no host. getaddrinfo(3)',
  EAI_FAIL: 'The name servers have refused the question for good: /etc/resolv.conf names them. resolver(5)',
  EAI_FAMILY:
    'The C library does not look up this family: it is AF_INET, AF_INET6 or AF_UNSPEC; or the address has another one.',
  EAI_NODATA: 'The name exists, but has no address of this family.',
  EAI_NONAME: ({ syscall }) =>
    Object.hasOwn(noSuchEntry, syscall)
      ? noSuchEntry[syscall]
      : 'The name of the host is misspelt, or neither /etc/hosts nor the name servers have it; or /etc/services does not have the service. `getent ahosts NAME` asks the same.',
  EAI_SERVICE:
    '/etc/services does not have the service for this type of socket: its name is misspelt, or it needs another type. A port can be given by its number.',
  EAI_SOCKTYPE: 'The type and the protocol of the socket do not fit each other.',
}

/** The hint for an error of the resolver; undefined if there is none. Never throws. */
export function resolverHint(error: GaiError): string | undefined {
  try {
    const { code } = error
    const hint = Object.hasOwn(resolverHints, code) ? resolverHints[code] : undefined
    return sentence(typeof hint === 'function' ? hint(error) : hint)
  } catch {
    return undefined
  }
}
