// The arguments of system calls as text, in the form of strace(1).
import { sizeOf } from '../layout.js'
import { AF_INET, AF_INET6, native } from '../native.js'
import {
  batch,
  bytesOf,
  givenAddress,
  integer,
  isView,
  message,
  orNull,
  quoted,
  received,
  returnedAddress,
  sent,
  sizeOfView,
  vector,
} from './data.js'
import type { Returned } from './data.js'
import { flagged, named, socketType } from './names.js'
import { darwin, epollEvents, fcntl, filters, option, pair, polled, pollfds, set, time, watched } from './structures.js'

type Decode = (call: Returned, value: (i: number) => unknown) => string[]

const protocol = (domain: unknown, value: unknown): string =>
  domain === AF_INET || domain === AF_INET6 ? named('IPPROTO_', value) : integer(value)

// A row for each call whose arguments are not only integers.
const table: Readonly<Record<string, Decode>> = {
  accept: (call, value) => [integer(value(0)), ...returnedAddress(call, value(1), value(2))],
  accept4: (call, value) => [
    ...[integer(value(0)), ...returnedAddress(call, value(1), value(2))],
    flagged('SOCK_', value(3)),
  ],
  bind: (_, value) => [integer(value(0)), givenAddress(value(1)), `${sizeOfView(value(1))}`],
  connect: (_, value) => [integer(value(0)), givenAddress(value(1)), `${sizeOfView(value(1))}`],
  epoll_create1: (_, value) => [flagged('EPOLL_CLOEXEC', value(0))],
  epoll_ctl: (_, value) => [
    ...[integer(value(0)), named('EPOLL_CTL_', value(1)), integer(value(2))],
    orNull(value(3), view => epollEvents(view).join('')),
  ],
  epoll_wait: ({ result }, value) => [
    ...[integer(value(0)), `[${epollEvents(value(1), result).join(', ')}]`],
    ...[`${Math.floor(sizeOfView(value(1)) / sizeOf('epoll_event'))}`, integer(value(2))],
  ],
  fcntl: (_, value) => fcntl(value),
  getpeername: (call, value) => [integer(value(0)), ...returnedAddress(call, value(1), value(2))],
  getsockname: (call, value) => [integer(value(0)), ...returnedAddress(call, value(1), value(2))],
  getsockopt: (call, value) =>
    option(
      call,
      value,
      orNull(value(4), view => `[${(view as Uint32Array)[0]}]`),
    ),
  ioctl: ({ result }, value) => [
    integer(value(0)),
    ['FIONREAD', 'SIOCATMARK', 'SIOCOUTQ'].find(name => native.constant(name) === value(1)) ?? integer(value(1)),
    result < 0 ? '0x0' : `[${result}]`,
  ],
  kevent: (_, value) => [
    ...[integer(value(0)), ...[1, 2].flatMap(i => [sizeOfView(value(i)) === 0 ? 'NULL' : `${sizeOfView(value(i))}`])],
    time(value(3), 'timespec'),
  ],
  memfd_create: (call, value) => [quoted(Buffer.from(value(0) as string), call.bytes), flagged('MFD_', value(1))],
  open: (_, value) => [
    quoted(bytesOf(value(0)), 4096),
    integer(value(1)),
    ...(value(2) === undefined ? [] : [`0${Number(value(2)).toString(8)}`]),
  ],
  pipe2: (_, value) => [pair(value(0)), flagged('O_', value(1))],
  poll: (_, value) => [
    ...[pollfds(value(0)), `${Math.floor(sizeOfView(value(0)) / sizeOf('pollfd'))}`],
    integer(value(1)),
  ],
  poller_add: (_, value) =>
    darwin
      ? [integer(value(0)), filters(value(1), 'EV_ADD|EV_CLEAR'), '2']
      : [
          ...[integer(value(0)), 'EPOLL_CTL_ADD', integer(value(1))],
          `{events=${watched}, data={u32=${integer(value(1))}, u64=${integer(value(1))}}}`,
        ],
  poller_create: () => (darwin ? [] : ['EPOLL_CLOEXEC']),
  poller_remove: (_, value) =>
    darwin
      ? [integer(value(0)), filters(value(1), 'EV_DELETE'), '2']
      : [integer(value(0)), 'EPOLL_CTL_DEL', integer(value(1)), '{events=0, data={u32=0, u64=0}}'],
  poller_wait: (_, value) => [integer(value(0)), polled(value(1) as Int32Array), integer(value(2)), integer(value(3))],
  read: (call, value) => [integer(value(0)), received(call, value(1)), `${sizeOfView(value(1))}`],
  readv: ({ bytes, result }, value) => [
    ...[integer(value(0)), vector(value(1), bytes, result), `${(value(1) as unknown[]).length}`],
  ],
  recv: (call, value) => [
    ...[integer(value(0)), received(call, value(1)), `${sizeOfView(value(1))}`],
    flagged('MSG_', value(2)),
  ],
  recvfrom: (call, value) => [
    ...[integer(value(0)), received(call, value(1)), `${sizeOfView(value(1))}`, flagged('MSG_', value(2))],
    ...returnedAddress(call, value(3), value(4)),
  ],
  recvmmsg: (call, value) => [
    ...[integer(value(0)), batch(call, [value(1), value(2), value(3)], call.result)],
    ...[`${(value(1) as Uint32Array).length / 4}`, flagged('MSG_', value(5)), time(value(6), 'timespec')],
  ],
  recvmsg: (call, value) => [
    ...[integer(value(0)), message(call, [value(1), value(2), value(3)], value(4)), flagged('MSG_', value(5))],
  ],
  select: (_, value) => [integer(value(0)), set(value(1)), set(value(2)), set(value(3)), time(value(4), 'timeval')],
  send: (call, value) => [
    ...[integer(value(0)), sent(call, value(1)), `${sizeOfView(value(1))}`, flagged('MSG_', value(2))],
  ],
  sendfile: (_, value) => [
    ...[integer(value(0)), integer(value(1))],
    ...[orNull(value(2), view => `[${(view as BigInt64Array)[0]}]`), integer(value(3))],
  ],
  sendmmsg: (call, value) => [
    ...[integer(value(0)), batch(call, [value(1), value(2), value(3)], Number(value(6)))],
    ...[integer(value(6)), flagged('MSG_', value(5))],
  ],
  sendmsg: (call, value) => [
    ...[integer(value(0)), message(call, [value(1), value(2), value(3)], undefined), flagged('MSG_', value(4))],
  ],
  sendto: (call, value) => [
    ...[integer(value(0)), sent(call, value(1)), `${sizeOfView(value(1))}`, flagged('MSG_', value(2))],
    ...[givenAddress(value(3)), `${sizeOfView(value(3))}`],
  ],
  setsockopt: (call, value) =>
    option(call, value, isView(value(3)) ? `${sizeOfView(value(3))}` : integer(value(4) ?? 0)),
  setsockopt_fprog: (call, value) => option(call, value, `${sizeOf('sock_filter')}`),
  shutdown: (_, value) => [integer(value(0)), named('SHUT_', value(1))],
  socket: (_, value) => [named('AF_', value(0)), socketType(value(1)), protocol(value(0), value(2))],
  socketpair: ({ result }, value) => [
    ...[named('AF_', value(0)), socketType(value(1)), integer(value(2))],
    result < 0 ? '0x0' : pair(value(3)),
  ],
  splice: (_, value) => [
    ...[integer(value(0)), orNull(value(1), view => `[${(view as BigInt64Array)[0]}]`), integer(value(2))],
    ...[orNull(value(3), view => `[${(view as BigInt64Array)[0]}]`), integer(value(4)), flagged('SPLICE_F_', value(5))],
  ],
  write: (call, value) => [integer(value(0)), sent(call, value(1)), `${sizeOfView(value(1))}`],
  writev: ({ bytes }, value) => [...[integer(value(0)), vector(value(1), bytes), `${(value(1) as unknown[]).length}`]],
}

/** The arguments as text. */
export const decoded = (call: Returned): string[] =>
  table[call.name]?.(call, i => call.values[i]) ?? call.values.filter(value => value !== undefined).map(integer)
