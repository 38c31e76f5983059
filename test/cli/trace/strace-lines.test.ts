// Parsing of strace's lines into events.
import { describe, expect, test } from 'vitest'
import { bytesOf, shortAddresses, splitArguments, takeDescriptors, unquote } from '../../../src/cli/trace/arguments.js'
import type { Event } from '../../../src/cli/trace/event.js'
import { StraceLines } from '../../../src/cli/trace/strace-lines.js'

const eventsOf = (lines: string[], lookUp?: (tid: number) => number | undefined): Event[] => {
  const reader = new StraceLines(lookUp)
  return lines.flatMap(line => [...reader.read(line)])
}

test('strings of C are bytes', () => {
  expect(unquote(String.raw`"a\0\1239\n\t\"\\\377\33[1m"`)).toEqual(Buffer.from('a\0\x539\n\t"\\\xff\x1b[1m', 'latin1'))
  expect(unquote('"ab"...')).toEqual(Buffer.from('ab'))
})

test('descriptors have the addresses or the inodes of their sockets', () => {
  const text =
    '3<TCP:[127.0.0.1:80->127.0.0.1:40000]>, 4<TCPv6:[[::1]:80->[::1]:40001]>, 5<UNIX-STREAM:[7->8,"/tmp/a]>b"]>, ' +
    '6<TCP:[4711]>, 7<anon_inode:[eventpoll]>, 8</tmp/file>, "9<TCP:[1]>", 10<TCPv6:[[::ffff:127.0.0.1]:80->[::ffff:127.0.0.1]:5]>'
  expect(takeDescriptors(text)).toEqual({
    text: '3, 4, 5, 6, 7, 8, "9<TCP:[1]>", 10',
    descriptors: [
      { fd: 3, socket: { protocol: 'TCP', local: '127.0.0.1:80', peer: '127.0.0.1:40000' } },
      { fd: 4, socket: { protocol: 'TCP', local: '[::1]:80', peer: '[::1]:40001' } },
      { fd: 5, socket: { protocol: 'UNIX-STREAM', key: '7', peerKey: '8', local: '/tmp/a]>b' } },
      { fd: 6, socket: { protocol: 'TCP', key: '4711' } },
      { fd: 7, socket: null },
      { fd: 8, socket: null },
      { fd: 10, socket: { protocol: 'TCP', local: '127.0.0.1:80', peer: '127.0.0.1:5' } },
    ],
  })
})

test.each([
  ['{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")}', '1.2.3.4:80'],
  [
    '{sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}',
    '[::1]:80',
  ],
  ['{sa_family=AF_UNIX, sun_path="/tmp/a b"}', '/tmp/a b'],
  ['{sa_family=AF_UNIX, sun_path=@"abstract"}', '@abstract'],
  ['{sa_family=AF_UNIX}', 'unnamed'],
])('%s', (long, short) => expect(shortAddresses(long)).toBe(short))

test('arguments are split outside of brackets and strings', () => {
  expect(splitArguments(String.raw`3, "a, \"b", [{fd=1, x={2, 3}}], 4`)).toEqual([
    '3',
    String.raw`"a, \"b"`,
    '[{fd=1, x={2, 3}}]',
    '4',
  ])
  expect(splitArguments('')).toEqual([])
})

test('the bytes of a vector are one', () => {
  expect(bytesOf('{msg_iov=[{iov_base="ab", iov_len=2}, {iov_base="c"..., iov_len=9}]}')).toEqual(Buffer.from('abc'))
  expect(bytesOf('0x7fff')).toBeUndefined()
})

describe('lines', () => {
  test('a call has its times, its arguments and its bytes', () => {
    const [start, call] = eventsOf(['5 10.000500 sendto(3<TCP:[9]>, "hi\\n", 3, 0, NULL, 0) = 3 <0.000250>'])
    expect(start).toEqual({ kind: 'start', pid: 5, tid: 5, at: 10000.5 })
    expect(call).toMatchObject({
      ...{ kind: 'call', pid: 5, tid: 5, name: 'sendto', result: '3', began: 10000.5, ended: 10000.75, size: 3 },
      args: ['3', '"hi\\n"', '3', '0', 'NULL', '0'],
      bytes: Buffer.from('hi\n'),
      descriptors: [{ fd: 3, socket: { protocol: 'TCP', key: '9' } }],
    })
  })

  test('a call in two lines is one, and shows before that it waits', () => {
    const events = eventsOf([
      '5 10.0 accept4(3<TCP:[127.0.0.1:80]>,  <unfinished ...>',
      '5 12.0 <... accept4 resumed>{sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, [16], 0) = 4<TCP:[127.0.0.1:80->127.0.0.1:9]> <2.0>',
    ])
    expect(events.slice(1)).toMatchObject([
      { name: 'accept4', began: 10000 },
      { name: 'accept4', began: 10000, ended: 12000, address: '127.0.0.1:9', made: [{ fd: 4 }] },
    ])
    expect(events[1]).not.toHaveProperty('ended')
  })

  test('a line that is not complete is a call that waits', () => {
    const reader = new StraceLines()
    expect([...reader.read('5 9.0 close(9) = 0 <0.1>')]).toHaveLength(2)
    expect(reader.begun('5 10.0 accept4(3<TCP:[127.0.0.1:80]>, ')).toMatchObject({ name: 'accept4', args: ['3'] })
    expect(reader.begun('5 10.0 ac')).toBeUndefined()
    expect(reader.begun('6 10.0 accept4(3, ')).toBeUndefined()
  })

  test('an error has its name', () => {
    const line = '5 1.0 connect(3<TCP:[9]>, {sa_family=AF_UNIX}, 2) = -1 ECONNREFUSED (Connection refused) <0.1>'
    expect(eventsOf([line])[1]).toMatchObject({ result: '-1', errno: 'ECONNREFUSED', address: 'unnamed' })
  })

  test('threads and processes', () => {
    const events = eventsOf(
      [
        '5 1.0 execve("/bin/node", ["node", "a.js"], 0x7ffd /* 3 vars */) = 0 <0.1>',
        '5 1.1 clone3({flags=CLONE_VM|CLONE_THREAD, child_tid=0x7}, 88 <unfinished ...>',
        '6 1.2 close(3<TCP:[1]>) = 0 <0.1>',
        '5 1.3 <... clone3 resumed> => {parent_tid=[6]}) = 6 <0.2>',
        '6 1.4 fork() = 7 <0.1>',
        '8 1.5 close(3<TCP:[1]>) = 0 <0.1>',
        '6 1.6 +++ exited with 0 +++',
        '5 1.7 --- SIGINT {si_signo=SIGINT, si_code=SI_USER} ---',
        '5 1.8 +++ killed by SIGINT +++',
      ],
      tid => (tid === 8 ? 7 : undefined),
    )
    expect(events.map(({ kind, pid, tid }) => `${kind} ${pid}/${tid}`)).toEqual([
      ...['start 5/5', 'exec 5/5', 'call 5/5', 'start 5/6', 'call 5/6', 'start 7/7', 'start 7/8', 'call 7/8'],
      ...['exit 5/6', 'signal 5/5', 'exit 5/5'],
    ])
    expect(events[1]).toMatchObject({ program: ['node', 'a.js'] })
  })

  test('a call that never returned', () => {
    const events = eventsOf(['5 1.0 read(3<TCP:[1]>,  <unfinished ...>', '5 2.0 +++ killed by SIGKILL +++'])
    expect(events.map(({ kind }) => kind)).toEqual(['start', 'call', 'call', 'exit'])
  })

  test('several datagrams of one call', () => {
    const line =
      '5 1.0 recvmmsg(3<UDP:[9]>, [{msg_hdr={msg_name=NULL, msg_iov=[{iov_base="ab", iov_len=9}]}, msg_len=2}, ' +
      '{msg_hdr={msg_name=NULL, msg_iov=[{iov_base="c", iov_len=9}]}, msg_len=1}], 2, 0, NULL) = 2 <0.1>'
    expect(eventsOf([line])[1]).toMatchObject({ size: 3, bytes: Buffer.from('abc') })
  })
})
