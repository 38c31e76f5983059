// With BSD_SOCKETS_TRACE_FILE: each call is a line of that file, for the command `bsd-sockets trace`. Many processes and threads
// append to one file.
import { fstatSync, openSync, writeSync } from 'node:fs'
import { isMainThread, native } from '../native.js'
import { addressOf } from './data.js'
import { lineOf } from './line.js'
import type { CallMessage } from './message.js'
import { named } from './names.js'

/** What is known of the socket of a descriptor. */
export interface SocketOfFd {
  readonly fd: number
  /** `TCP`, `UDP`, `UNIX-STREAM` and the like. */
  readonly protocol: string
  readonly local?: string
  readonly peer?: string
  /** The inode of a socket without an address. */
  readonly key?: string
}

/** A line of the file. Times are milliseconds of the clock of `process.hrtime`. */
export type TraceLine = { readonly pid: number; readonly tid: number } & (
  | { readonly kind: 'begin'; readonly at: number; readonly main: boolean; readonly program: readonly string[] }
  | { readonly kind: 'end'; readonly at: number; readonly code: number }
  | {
      readonly kind: 'call'
      readonly began: number
      readonly ended: number
      readonly name: string
      readonly args: readonly string[]
      readonly result: number
      readonly errno?: string | undefined
      readonly note?: string | undefined
      readonly source?: string | undefined
      /** The descriptors among the arguments, in their order, and those that the call made. */
      readonly fds: readonly number[]
      readonly made: readonly number[]
      /** Those of them that are sockets. */
      readonly sockets: readonly SocketOfFd[]
    }
)

type Address = (fd: number, address: Uint8Array, length: Uint32Array) => number
type Option = (fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array) => number

const { getpeername, getsockname, getsockopt } = native.functions as unknown as {
  getpeername: Address
  getsockname: Address
  getsockopt: Option
}
const [SOL_SOCKET, SO_TYPE] = [native.constant('SOL_SOCKET')!, native.constant('SO_TYPE')!]
const room = new Uint8Array(128)
const length = new Uint32Array(1)
const number = new Int32Array(1)

function nameBy(call: Address, fd: number): Uint8Array | undefined {
  length[0] = room.length
  return call(fd, room, length) < 0 ? undefined : room.slice(0, Math.min(length[0], room.length))
}

// These calls are within a subscriber, so they are not published.
function socketOf(fd: number): SocketOfFd | undefined {
  const own = nameBy(getsockname, fd)
  if (own === undefined) return undefined
  length[0] = 4
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, new Uint8Array(number.buffer), length) < 0) return undefined
  const type = named('SOCK_', number[0]).replace('SOCK_', '')
  const local = addressOf(own)
  const other = nameBy(getpeername, fd)
  const peer = other === undefined ? undefined : addressOf(other)
  // A family without an address has the family's name instead.
  if (/^AF_|^netlink:/.test(local)) return { fd, protocol: local.replace(/^AF_|:.*/g, '').toUpperCase() }
  const inet = /:\d+$/.test(local) && !local.startsWith('/')
  const protocol = !inet ? `UNIX-${type}` : type === 'STREAM' ? 'TCP' : type === 'DGRAM' ? 'UDP' : 'RAW'
  if (inet) return { fd, protocol, ...(!local.endsWith(':0') && { local }), ...(peer !== undefined && { peer }) }
  const ino = inodeOf(fd)
  return {
    ...{ fd, protocol },
    ...(local !== 'unnamed' && { local }),
    ...(peer !== undefined && peer !== 'unnamed' && { peer }),
    ...(ino > 0 && { key: `${ino}` }),
  }
}

// Deno's fstat knows only the descriptors that it has opened itself.
function inodeOf(fd: number): number {
  try {
    return fstatSync(fd).ino
  } catch {
    return 0
  }
}

const numbers = (text: string | undefined, pattern: RegExp): number[] =>
  Array.from(text?.matchAll(pattern) ?? [], ([, fd]) => Number(fd))

function fdsOf(name: string, args: readonly string[]): number[] {
  if (/^(epoll_create1|kqueue|memfd_create|open|pidfd_open|pipe2|socket|socketpair)$/.test(name)) return []
  if (name === 'poll') return numbers(args[0], /\{fd=(\d+)/g)
  if (name === 'select') return [...new Set(args.slice(1, 4).flatMap(set => numbers(set, /(\d+)/g)))]
  if (name === 'kevent') return numbers(`ident=${args[0]}, ${args[1]}`, /\bident=(\d+)/g)
  const places = name === 'sendfile' ? [0, 1] : /^(epoll_ctl|splice)$/.test(name) ? [0, 2] : [0]
  return places.map(i => Number(args[i])).filter(fd => fd >= 0)
}

function madeBy(name: string, args: readonly string[], result: number): number[] {
  if (result < 0) return []
  if (name === 'socketpair') return numbers(args[3], /(\d+)/g)
  const makes =
    /^(accept4?|epoll_create1|kqueue|pidfd_getfd|socket)$/.test(name) ||
    (name === 'fcntl' && args[1]!.startsWith('F_DUPFD'))
  return makes ? [result] : []
}

const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds) / 1e6
const now = (): number => milliseconds(process.hrtime.bigint())

const { BSD_SOCKETS_TRACE_FILE: file = '', BSD_SOCKETS_TRACE_BYTES: bytes = '32' } = process.env
const { pid } = process
const tid = native.environment.thread()
let fd = -1

const write = (line: TraceLine): void => void writeSync(fd, `${JSON.stringify(line)}\n`)

function begin(at: number): void {
  fd = openSync(file, 'a')
  write({ kind: 'begin', pid, tid, at, main: isMainThread, program: [process.execPath, ...process.argv.slice(1)] })
  process.on('exit', code => write({ kind: 'end', pid, tid, at: now(), code }))
}

/** Appends a call to the file; of each buffer at most BSD_SOCKETS_TRACE_BYTES bytes. */
export function writeToFile(message: unknown): void {
  const call = message as CallMessage
  const { name, result, errno } = call
  const [began, ended] = [milliseconds(call.began), milliseconds(call.ended)]
  if (fd < 0) begin(began)
  const args = call.args(Number(bytes))
  const fds = fdsOf(name, args)
  const made = madeBy(name, args, result)
  const sockets = [...new Set([...fds, ...made])].map(socketOf).filter(socket => socket !== undefined)
  const source = lineOf(call, fds[0])
  const note = call.note()
  write({ kind: 'call', pid, tid, began, ended, name, args, result, errno, note, source, fds, made, sockets })
}
