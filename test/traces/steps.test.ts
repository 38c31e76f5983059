// Parsing of a trace, from lines as strace writes them.
import { describe, expect, test } from 'vitest'
import { stepsOf, textOf } from './steps.js'
import { table } from './table.js'

const none = '= -1 ENOENT (No such file or directory)'
const call = (name: string, ...calls: string[]): string[] => [
  `access("call:${name} ", F_OK) ${none}`,
  ...calls,
  `access("return:", F_OK)  ${none}`,
]
const texts = (lines: string[]): string[][] => stepsOf(lines).map(step => step.calls.map(textOf))

describe('stepsOf', () => {
  test('a second system call of one function is kept', () => {
    const lines = call('send', 'sendto(7<socket:[1]>, "a", 1, 0, NULL, 0) = 1', 'getpid()    = 4711')
    expect(texts(lines)).toEqual([['sendto(fd1, "a", 1, 0, NULL, 0) = 1', 'getpid() = 4711']])
  })

  test('calls of the runtime on its own descriptors are omitted; outside of functions, all except those of the library', () => {
    const lines = [
      'read(5<pipe:[3]>, "*", 1) = 1',
      ...call('socket', 'write(4<anon_inode:[eventfd]>, "\\1", 8) = 8', 'socket(AF_INET, 1, 0) = 7<socket:[1]>'),
      'write(1<pipe:[2]>, "a", 1) = 1',
      'close(7<socket:[1]>) = 0',
    ]
    expect(texts(lines)).toEqual([['socket(AF_INET, 1, 0) = fd1'], ['close(fd1) = 0']])
  })

  test('a reused number is another descriptor', () => {
    const lines = call('close', 'close(7<anon_inode:[eventpoll]>) = 0', 'epoll_create1(0) = 7<anon_inode:[eventpoll]>')
    expect(texts(lines)).toEqual([['close(fd1) = 0', 'epoll_create1(0) = fd2']])
  })

  test('names replace values that vary, but not within strings', () => {
    const lines = call(
      'recv',
      'recvfrom(7<socket:[1]>, 0x7f1234567890, 8, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)',
      'recvfrom(7<socket:[1]>, "1<a> 0x7f1234567890", 18, 0, NULL, NULL) = 18',
      'connect(7<socket:[1]>, {sin_port=htons(40000)}, 16) = 0',
      'bind(7<socket:[1]>, {sin_port=htons(9999)}, 16) = 0',
    )
    expect(texts(lines)).toEqual([
      [
        'recvfrom(fd1, …, 8, 0, NULL, NULL) = -1 EAGAIN',
        'recvfrom(fd1, "1<a> 0x7f1234567890", 18, 0, NULL, NULL) = 18',
        'connect(fd1, {sin_port=htons(port1)}, 16) = 0',
        'bind(fd1, {sin_port=htons(9999)}, 16) = 0',
      ],
    ])
  })

  test('a call that is repeated after a signal is one call', () => {
    const poll = 'poll([{fd=7<socket:[1]>, events=POLLIN}], 1, 100)'
    const lines = call('poll', `${poll} = ? ERESTART_RESTARTBLOCK (Interrupted by signal)`, `${poll} = 0 (Timeout)`)
    expect(texts(lines)).toEqual([['poll([{fd=fd1, events=POLLIN}], 1, 100) = 0 (Timeout)']])
  })
})

test('the slices of a wait are one line of the table', () => {
  const poll = (ms: number, result: string): string => `poll([{fd=7<socket:[1]>, events=POLLIN}], 1, ${ms}) = ${result}`
  const lines = call(
    'poll',
    poll(100, '0 (Timeout)'),
    poll(100, '0 (Timeout)'),
    poll(37, '1 ([{fd=7, revents=POLLIN}])'),
  )
  expect(table(stepsOf(lines)).split('\n')[2]).toBe(
    '| the event loop | `poll([{fd=fd1, events=POLLIN}], 1, 100) = 1 ([{fd=fd1, revents=POLLIN}])` |',
  )
})
