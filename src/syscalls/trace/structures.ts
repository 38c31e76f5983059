// Structures and options among the arguments of system calls as text, in the form of strace(1).
import { dataView, field, littleEndian, read, sizeOf } from '../layout.js'
import { bytesOf, integer, isView, list, orNull, quoted } from './data.js'
import type { Returned } from './data.js'
import { flagged, named, optionNames } from './names.js'

// The structures of an array.
const structures = (value: unknown, structure: string, count = Infinity): DataView[] => {
  const size = sizeOf(structure)
  const bytes = bytesOf(value)
  const length = Math.min(count, Math.floor(bytes.length / size))
  return Array.from({ length: Math.max(0, length) }, (_, i) => dataView(bytes.subarray(i * size, (i + 1) * size)))
}

const member = (view: DataView, name: string): number => read(view, field(name))

export const pollfds = (value: unknown): string =>
  list(
    structures(value, 'pollfd'),
    view => `{fd=${member(view, 'pollfd.fd')}, events=${flagged('POLL', member(view, 'pollfd.events'))}}`,
  )

export const epollEvents = (value: unknown, count = Infinity): string[] =>
  structures(value, 'epoll_event', count).map(view => {
    const data = member(view, 'epoll_event.data')
    const events = flagged('EPOLL', member(view, 'epoll_event.events'))
    return `{events=${events}, data={u32=${data % 2 ** 32}, u64=${data}}}`
  })

// The descriptors of an fd_set.
export const set = (value: unknown): string =>
  orNull(value, view => {
    const bytes = bytesOf(view)
    const fds = Array.from({ length: bytes.length * 8 }, (_, fd) => fd)
    return `[${fds.filter(fd => (bytes[fd >> 3]! >> (fd & 7)) & 1).join(' ')}]`
  })

export const time = (value: unknown, structure: 'timespec' | 'timeval'): string =>
  orNull(value, view => {
    const part = structure === 'timespec' ? 'tv_nsec' : 'tv_usec'
    const of = dataView(view)
    return `{tv_sec=${member(of, `${structure}.tv_sec`)}, ${part}=${member(of, `${structure}.${part}`)}}`
  })

// The value of an option: the integers of C's structures, otherwise bytes.
function optionValue(option: string, value: unknown, most: number): string {
  if (!isView(value)) return value === null || value === undefined ? 'NULL' : integer(value)
  const bytes = bytesOf(value)
  const view = dataView(value)
  if (option === 'SO_LINGER' && bytes.length === sizeOf('linger')) {
    return `{l_onoff=${member(view, 'linger.l_onoff')}, l_linger=${member(view, 'linger.l_linger')}}`
  }
  if (/^SO_(RCV|SND)TIMEO$/.test(option)) return time(value, 'timeval')
  if (bytes.length === 4) {
    const number = view.getInt32(0, littleEndian)
    return option === 'SO_TYPE' ? `[${named('SOCK_', number)}]` : `[${number}]`
  }
  return quoted(bytes, most)
}

export function option({ bytes }: Returned, value: (i: number) => unknown, length: string): string[] {
  const [level, name] = optionNames(value(1), value(2))
  return [integer(value(0)), level, name, optionValue(name, value(3), bytes), length]
}

export const pair = (value: unknown): string => `[${[...(value as Int32Array).subarray(0, 2)].join(', ')}]`

export function fcntl(value: (i: number) => unknown): string[] {
  const command = named('F_', value(1))
  const argument = value(2)
  if (argument === undefined) return [integer(value(0)), command]
  const text =
    command === 'F_SETFD'
      ? flagged('FD_CLOEXEC', argument)
      : command === 'F_SETFL'
        ? flagged('O_', argument)
        : integer(argument)
  return [integer(value(0)), command, text]
}

// The poller of the event loop, by its calls of the kernel. native/poller/
export const darwin = process.platform === 'darwin'
export const watched = 'EPOLLIN|EPOLLPRI|EPOLLOUT|EPOLLRDHUP|EPOLLET'
const readiness: readonly [flag: number, name: string][] = darwin
  ? [
      [1, 'EVFILT_READ'],
      [2, 'EVFILT_WRITE'],
      [4, 'EV_ERROR'],
      [16, 'EV_EOF'],
    ]
  : [
      [1, 'EPOLLIN'],
      [2, 'EPOLLOUT'],
      [4, 'EPOLLERR'],
      [16, 'EPOLLRDHUP'],
    ]

export const filters = (fd: unknown, flags: string): string =>
  `[{ident=${integer(fd)}, filter=EVFILT_READ, flags=${flags}}, {ident=${integer(fd)}, filter=EVFILT_WRITE, flags=${flags}}]`

export function polled(events: Int32Array): string {
  const ready = Array.from({ length: events.length / 2 }, (_, i) => [events[2 * i]!, events[2 * i + 1]!] as const)
  return list(ready, ([fd, flags]) => {
    const names = readiness.filter(([flag]) => flags & flag).map(([, name]) => name)
    return darwin ? `{ident=${fd}, ${names.join('|')}}` : `{events=${names.join('|')}, data={u32=${fd}, u64=${fd}}}`
  })
}

/** What a wait returned besides its result: the descriptors that are ready. */
export function noteOf({ name, values, result }: Returned): string | undefined {
  if (name !== 'poll' || result < 0) return undefined
  if (result === 0) return 'Timeout'
  const ready = structures(values[0], 'pollfd').filter(view => member(view, 'pollfd.revents') !== 0)
  return list(
    ready,
    view => `{fd=${member(view, 'pollfd.fd')}, revents=${flagged('POLL', member(view, 'pollfd.revents'))}}`,
  )
}
