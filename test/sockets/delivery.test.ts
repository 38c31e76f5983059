// The receivers of what is sent: multicast groups and their sources, broadcasts, urgent data.
import {
  AF_INET,
  AF_INET6,
  if_nameindex,
  IP_MULTICAST_ALL,
  IPPROTO_IP,
  MCAST_EXCLUDE,
  MCAST_INCLUDE,
  MSG_OOB,
  options,
  PermissionError,
  select,
  setOption,
  Socket,
  SOCK_DGRAM,
  supports,
} from 'bsd-sockets'
import type { IPv4Address, IPv6Address } from 'bsd-sockets'
import { describe, expect, test } from 'vitest'
import { allowed, bound, opened } from '../support/sockets.js'
import { connected, thrown } from '../support/tcp.js'

// On Linux all of 127.0.0.0/8 is this machine, and SO_REUSEADDR is enough to share a port. socket(7)
const linux = process.platform === 'linux'
// Whether a socket can exclude the groups that other sockets of its port have joined. ip(7)
const choosing = supports.option(IPPROTO_IP, IP_MULTICAST_ALL)
const group = '239.255.77.78' // organization-local scope. RFC 2365
const here = '127.0.0.1'

/** The datagrams that a socket receives before `end`, which is always sent last: so no time limit is needed. */
function heard(socket: Socket): string[] {
  const texts: string[] = []
  for (;;) {
    const text = socket.recv(64).toString()
    if (text === 'end') return texts
    texts.push(text)
  }
}

describe('a multicast group', () => {
  /** Sockets on one port of the any-address. By default the kernel delivers to each the groups that any of them has joined. */
  function listeners(count: number): [sockets: Socket[], port: number] {
    let port = 0
    const sockets = Array.from({ length: count }, () => {
      const socket = opened(AF_INET, SOCK_DGRAM)
      setOption(socket, options.reuseAddress, true)
      if (!linux) setOption(socket, options.reusePort, true)
      if (choosing) setOption(socket, options.ipMulticastAll, false)
      socket.bind(['', port])
      port = (socket.getsockname() as IPv4Address).port
      return socket
    })
    return [sockets, port]
  }

  function sender(address = here): Socket {
    const socket = bound(AF_INET, SOCK_DGRAM, [address, 0])
    setOption(socket, options.ipMulticastInterface, { address: here })
    return socket
  }

  test.runIf(choosing)('is received by all its members, and by nobody else', () => {
    const [[one, two, outside], port] = listeners(3) as [[Socket, Socket, Socket], number]
    for (const socket of [one, two]) setOption(socket, options.ipAddMembership, { group, address: here })
    const from = sender()
    from.sendto('to all', [group, port])
    setOption(two, options.ipDropMembership, { group, address: here })
    from.sendto('to one', [group, port])
    setOption(outside, options.ipMcastJoinGroup, { group, ifindex: 1 })
    from.sendto('to the last', [group, port])
    // The end is sent to a separate group of each socket: for a unicast address the kernel would choose one of them.
    const own = [one, two, outside].map((socket, i) => {
      const last = `239.255.78.${i + 1}`
      setOption(socket, options.ipAddMembership, { group: last, address: here })
      return last
    })
    for (const last of own) from.sendto('end', [last, port])
    expect(heard(one)).toEqual(['to all', 'to one', 'to the last'])
    expect(heard(two)).toEqual(['to all'])
    expect(heard(outside)).toEqual(['to the last'])
  })

  test.runIf(linux)('with one source: joined, blocked, filtered (Linux, which has all of 127.0.0.0/8)', () => {
    const [[member], port] = listeners(1) as [[Socket], number]
    const [good, bad] = [sender('127.0.0.2'), sender('127.0.0.3')]
    const round = (name: string): void => {
      bad.sendto(`bad ${name}`, [group, port])
      good.sendto(`good ${name}`, [group, port])
    }
    const source = { group, source: '127.0.0.2', address: here }
    setOption(member, options.ipAddSourceMembership, source)
    round('joined')
    setOption(member, options.ipDropSourceMembership, source)
    round('left')
    setOption(member, options.ipAddMembership, { group, address: here })
    round('open')
    setOption(member, options.ipBlockSource, { ...source, source: '127.0.0.3' })
    round('blocked')
    setOption(member, options.ipUnblockSource, { ...source, source: '127.0.0.3' })
    round('unblocked')
    const filter = { group, ifindex: 1, sources: ['127.0.0.3'] }
    setOption(member, options.ipMcastSourceFilter, { ...filter, mode: MCAST_EXCLUDE })
    round('excluded')
    setOption(member, options.ipMcastSourceFilter, { ...filter, mode: MCAST_INCLUDE })
    round('included')
    good.sendto('end', [here, port])
    expect(heard(member)).toEqual([
      'good joined',
      ...['bad open', 'good open'],
      'good blocked',
      ...['bad unblocked', 'good unblocked'],
      'good excluded',
      'bad included',
    ])
  })

  const six = 'ff01::4d4e' // interface-local scope. RFC 4291, 2.7

  /** Whether an interface has a route to IPv6 groups. */
  function reachesGroups(ifindex: number): boolean {
    try {
      using probe = new Socket(AF_INET6, SOCK_DGRAM)
      probe.sendto('', { family: 'IPv6', address: six, port: 9, scopeid: ifindex })
      return true
    } catch {
      return false
    }
  }

  const ifindex = if_nameindex().find(([index]) => reachesGroups(index))?.[0]
  const reason = ifindex === undefined ? 'no interface has a route to IPv6 groups' : null

  allowed('of IPv6 is received on one interface, unless the sender disables the loop', reason, () => {
    const member = bound(AF_INET6, SOCK_DGRAM, ['::', 0])
    const { port } = member.getsockname() as IPv6Address
    const to = { family: 'IPv6', address: six, port, scopeid: ifindex! } as const
    if (choosing) setOption(member, options.ipv6MulticastAll, false)
    const from = opened(AF_INET6, SOCK_DGRAM)
    from.sendto('before', to)
    setOption(member, options.ipv6JoinGroup, { group: six, ifindex: ifindex! })
    from.sendto('joined', to)
    setOption(from, options.ipv6MulticastLoop, false)
    from.sendto('elsewhere', to)
    setOption(from, options.ipv6MulticastLoop, true)
    from.sendto('here', to)
    setOption(member, options.ipv6LeaveGroup, { group: six, ifindex: ifindex! })
    from.sendto('after', to)
    bound(AF_INET6, SOCK_DGRAM, ['::1', 0]).sendto('end', ['::1', port])
    expect(heard(member)).toEqual(['joined', 'here'])
  })
})

describe.runIf(linux)('a broadcast (Linux, where 127.255.255.255 is one)', () => {
  test('needs to be allowed, and is received on the any-address', () => {
    const all = bound(AF_INET, SOCK_DGRAM, ['', 0])
    const { port } = all.getsockname() as IPv4Address
    const from = bound(AF_INET, SOCK_DGRAM, [here, 0])
    expect(thrown(() => from.sendto('no', ['127.255.255.255', port]))).toBeInstanceOf(PermissionError)
    setOption(from, options.broadcast, true)
    from.sendto('yes', ['127.255.255.255', port])
    from.sendto('end', [here, port])
    expect(heard(all)).toEqual(['yes'])
  })
})

describe('urgent data', () => {
  test('is one byte that is not part of the stream', () => {
    const [client, accepted] = connected()
    client.send('before')
    expect(client.send('urgent!', MSG_OOB)).toBe(7) // the last byte is the urgent one. tcp(7)
    client.send('after')
    expect(select([], [], [accepted], 5000)[2]).toEqual([accepted])
    expect(accepted.recv(100).toString()).toBe('beforeurgent') // no receive continues after the mark
    expect(accepted.recv(1, MSG_OOB).toString()).toBe('!')
    expect(accepted.recv(100).toString()).toBe('after')
    expect(thrown(() => accepted.recv(1, MSG_OOB))).toMatchObject({ code: 'EINVAL' })
  })

  test('is part of the stream with SO_OOBINLINE', () => {
    const [client, accepted] = connected()
    setOption(accepted, options.oobInline, true)
    client.send('before')
    client.send('!', MSG_OOB)
    client.send('after')
    expect(accepted.recv(100).toString()).toBe('before')
    expect(accepted.recv(100).toString()).toMatch(/^!/)
    expect(thrown(() => accepted.recv(1, MSG_OOB))).toMatchObject({ code: 'EINVAL' })
  })
})
