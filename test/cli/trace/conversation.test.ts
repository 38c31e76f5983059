// What a conversation infers from the calls of one end or of both.
import { expect, test } from 'vitest'
import { briefResult } from '../../../src/cli/trace/brief.js'
import { Conversation } from '../../../src/cli/trace/conversation.js'
import type { Call, Event } from '../../../src/cli/trace/event.js'
import { StraceLines } from '../../../src/cli/trace/strace-lines.js'
import type { Step } from '../../../src/cli/trace/steps.js'
import { TextLadder } from '../../../src/cli/trace/text.js'

/** The steps of lines of strace; each line is `TID call`, a millisecond after the one before. */
function stepsOf(...lines: string[]): Step[] {
  const reader = new StraceLines()
  const conversation = new Conversation()
  const steps = lines.flatMap((line, i) => {
    const [tid, ...call] = line.split(' ')
    const events = [...reader.read(`${tid} ${(1000 + i / 1000).toFixed(6)} ${call.join(' ')}`)]
    return events.flatMap(event => conversation.add(event))
  })
  return [...steps, ...conversation.end()]
}

const states = (steps: Step[]): string[] =>
  steps.flatMap(({ changes }) => changes.map(({ socket, state }) => `${socket.number} ${state}`))

const inet = (port: number): string => `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr("127.0.0.1")}`
const client = '3<TCP:[127.0.0.1:9->127.0.0.1:80]>'
const socket = 'socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<TCP:[1]>'
const connected = [`1 ${socket}`, `1 connect(3<TCP:[1]>, ${inet(80)}, 16) = 0`]

test('a client alone: its end, then that of its peer', () => {
  const steps = stepsOf(
    ...connected,
    `1 shutdown(${client}, SHUT_WR) = 0`,
    `1 recvfrom(${client}, "", 9, 0, NULL, NULL) = 0`,
    `1 close(${client}) = 0`,
  )
  expect(states(steps)).toEqual(['1 SYN_SENT', '1 ESTABLISHED', '1 FIN_WAIT_1', '1 TIME_WAIT'])
  expect(steps.every(step => step.sockets[0]?.number === 1)).toBe(true)
})

test('a peer that ends first', () => {
  const steps = stepsOf(...connected, `1 recvfrom(${client}, "", 9, 0, NULL, NULL) = 0`, `1 close(${client}) = 0`)
  expect(states(steps).slice(2)).toEqual(['1 CLOSE_WAIT', '1 LAST_ACK'])
})

test('a refused connect, and a reset', () => {
  expect(
    states(stepsOf(`1 ${socket}`, `1 connect(3<TCP:[1]>, ${inet(80)}, 16) = -1 ECONNREFUSED (Connection refused)`)),
  ).toEqual(['1 SYN_SENT', '1 CLOSED'])
  const reset = stepsOf(
    ...connected,
    `1 recvfrom(${client}, 0x7f, 9, 0, NULL, NULL) = -1 ECONNRESET (Connection reset by peer)`,
  )
  expect(states(reset).at(-1)).toBe('1 CLOSED')
})

test('EINPROGRESS is SYN_SENT until a call shows the connection', () => {
  const steps = stepsOf(
    `1 ${socket}`,
    `1 connect(3<TCP:[1]>, ${inet(80)}, 16) = -1 EINPROGRESS (Operation now in progress)`,
    `1 sendto(${client}, "a", 1, 0, NULL, 0) = 1`,
  )
  expect(states(steps)).toEqual(['1 SYN_SENT', '1 ESTABLISHED'])
})

const listening = [
  '2 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 5<TCP:[2]>',
  `2 bind(5<TCP:[2]>, ${inet(80)}, 16) = 0`,
  '2 listen(5<TCP:[127.0.0.1:80]>, 5) = 0',
]
const accepted = `2 accept(5<TCP:[127.0.0.1:80]>, ${inet(9)}, [16]) = 6<TCP:[127.0.0.1:80->127.0.0.1:9]>`
const server = '6<TCP:[127.0.0.1:80->127.0.0.1:9]>'

test('both ends: who closes first is in TIME_WAIT', () => {
  const steps = stepsOf(...listening, ...connected, accepted, `2 close(${server}) = 0`, `1 close(${client}) = 0`)
  expect(states(steps)).toEqual([
    '1 LISTEN',
    '2 SYN_SENT',
    '2 ESTABLISHED',
    '3 ESTABLISHED',
    '3 FIN_WAIT_2',
    '2 CLOSE_WAIT',
    '2 CLOSED',
    '3 TIME_WAIT',
  ])
})

test('unread bytes, or SO_LINGER with 0, make close a reset', () => {
  const unread = stepsOf(
    ...listening,
    ...connected,
    accepted,
    `1 sendto(${client}, "a", 1, 0, NULL, 0) = 1`,
    `2 close(${server}) = 0`,
  )
  expect(states(unread).slice(-2)).toEqual(['3 CLOSED', '2 CLOSED'])
  const linger = `2 setsockopt(${server}, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=0}, 8) = 0`
  expect(states(stepsOf(...listening, ...connected, accepted, linger, `2 close(${server}) = 0`)).slice(-2)).toEqual([
    '3 CLOSED',
    '2 CLOSED',
  ])
})

test('bytes of several sends in one receive, and of one send in several', () => {
  const send = (text: string): string => `1 sendto(${client}, "${text}", ${text.length}, 0, NULL, 0) = ${text.length}`
  const receive = (size: number): string => `2 recvfrom(${server}, "${'x'.repeat(size)}", 9, 0, NULL, NULL) = ${size}`
  const steps = stepsOf(...listening, ...connected, accepted, send('abc'), send('de'), receive(4), receive(1))
  const arrows = steps.flatMap(step => step.arrows).filter(({ kind }) => kind === 'bytes')
  expect(arrows.map(({ from, to, size }) => [from.number, to.number, size])).toEqual([
    [7, 9, 3],
    [7 + 1, 9, 1],
    [8, 10, 1],
  ])
})

test('a receive whose send returned later, and a peek', () => {
  const steps = stepsOf(
    ...listening,
    ...connected,
    accepted,
    `2 recvfrom(${server}, "ab", 9, MSG_PEEK, NULL, NULL) = 2`,
    `2 recvfrom(${server}, "ab", 9, 0, NULL, NULL) = 2`,
    `1 sendto(${client}, "ab", 2, 0, NULL, 0) = 2`,
  )
  expect(steps.at(-1)!.arrows.map(({ from, to, size }) => [from.number, to.number, size])).toEqual([[9, 8, 2]])
})

test('an accept that returned before its connect', () => {
  const steps = stepsOf(
    ...listening,
    `1 ${socket}`,
    `1 connect(3<TCP:[1]>, ${inet(80)}, 16 <unfinished ...>`,
    accepted,
    '1 <... connect resumed>) = 0',
  )
  expect(steps.flatMap(({ arrows }) => arrows).map(({ kind, from, to }) => [kind, from.number, to.number])).toEqual([
    ['connection', 5, 6],
  ])
})

test('a socket lives until its last descriptor is closed, also that of a child', () => {
  const steps = stepsOf(
    ...connected,
    '1 fork() = 7',
    `1 close(${client}) = 0`,
    `7 dup(${client}) = 4<TCP:[127.0.0.1:9->127.0.0.1:80]>`,
    `7 close(${client}) = 0`,
    '7 +++ exited with 0 +++',
  )
  expect(states(steps)).toEqual(['1 SYN_SENT', '1 ESTABLISHED', '1 FIN_WAIT_1'])
  expect(steps.at(-1)!.event.kind).toBe('exit')
  expect(steps.at(-1)!.changes).toHaveLength(1)
})

test('execve closes the descriptors that are close-on-exec', () => {
  const steps = stepsOf(
    `1 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3<TCP:[1]>`,
    '1 execve("/bin/cat", ["cat"], 0x7f /* 1 var */) = 0',
    '1 read(3</tmp/x>, "a", 9) = 1',
  )
  expect(steps.map(({ event }) => (event.kind === 'call' ? event.name : event.kind))).toEqual(['socket'])
})

test('the slices of a wait are one step', () => {
  const poll = (result: string): string => `1 poll([{fd=${client}, events=POLLIN}], 1, 100) = ${result}`
  const steps = stepsOf(
    ...connected,
    poll('0 (Timeout)'),
    poll('0 (Timeout)'),
    poll(`1 ([{fd=3, revents=POLLIN}])`),
    poll('0 (Timeout)'),
  )
  expect(steps.slice(2).map(({ event }) => event.kind === 'call' && event.result)).toEqual(['1', '0'])
})

test('datagrams are matched by their addresses', () => {
  const steps = stepsOf(
    '1 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3<UDP:[1]>',
    `1 bind(3<UDP:[1]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("0.0.0.0")}, 16) = 0`,
    '2 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3<UDP:[2]>',
    `2 sendto(3<UDP:[2]>, "a", 1, 0, ${inet(54)}, 16) = 1`,
    `2 sendto(3<UDP:[2]>, "a", 1, 0, ${inet(53)}, 16) = 1`,
    `1 recvfrom(3<UDP:[0.0.0.0:53]>, "a", 9, 0, ${inet(4000)}, [16]) = 1`,
  )
  expect(steps.flatMap(({ arrows }) => arrows).map(({ from, to }) => [from.number, to.number])).toEqual([[5, 6]])
})

test('the standard streams of others are left out', () => {
  expect(stepsOf('1 write(1<UNIX-STREAM:[7->8]>, "a", 1) = 1')).toEqual([])
})

test('a descriptor that is a file now is no socket, though its close was not seen yet', () => {
  const steps = stepsOf('1 socket(AF_INET, SOCK_STREAM, 0) = 3<TCP:[1]>', '1 read(3</file>, "text", 9) = 4')
  expect(steps.map(({ event }) => (event.kind === 'call' ? event.name : event.kind))).toEqual(['socket'])
})

test('what epoll_wait returns: the descriptors and their events', () => {
  const line =
    '5 1.0 epoll_wait(3<anon_inode:[eventpoll]>, [{events=EPOLLIN, data={u32=4, u64=4}}, ' +
    '{events=EPOLLIN|EPOLLOUT, data={u32=5, u64=5}}], 9, -1) = 2 <0.1>'
  const [, call] = [...new StraceLines().read(line)]
  expect(briefResult(call as Call)).toBe('4 EPOLLIN, 5 EPOLLIN|EPOLLOUT')
})

test('a wait that two lines tell of is one row', () => {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line.trimEnd())
  const ladder = new TextLadder({ write, width: 80, bytes: 9, time: 'none', paint: (_, text) => text })
  const reader = new StraceLines()
  const conversation = new Conversation()
  const draw = (events: Iterable<Event>): void => {
    for (const event of events) for (const step of conversation.add(event)) ladder.draw(step)
    ladder.idle()
  }
  draw(reader.read(`1 1.0 ${socket} <0.1>`))
  draw([reader.begun('1 2.0 recvfrom(3<TCP:[1]>, ')!])
  draw(reader.read('1 2.0 recvfrom(3<TCP:[1]>,  <unfinished ...>'))
  expect(lines.filter(line => line.includes('⋯'))).toEqual([' recvfrom(3) ⋯'])
})
