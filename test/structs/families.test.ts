import * as C from 'bsd-sockets'
import {
  AF_INET,
  AF_INET6,
  decodeAddress,
  encodeAddress,
  IPPROTO_IPV6,
  SO_PROTOCOL,
  Socket,
  SocketError,
} from 'bsd-sockets'
import { SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET, supports, whyNot } from 'bsd-sockets'
import type { IPv6Address, SocketAddress } from 'bsd-sockets'
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { allowed, bound, conversation, datagrams, opened, stream } from '../support/sockets.js'

const noIpv6 = Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === '::1'))
  ? null
  : 'this machine has no ::1'

describe('INET', () => {
  test('streams', () => conversation(...stream(AF_INET, ['127.0.0.1', 0])))
  test('datagrams', () => datagrams(AF_INET, ['127.0.0.1', 0]))
})

describe('INET6', () => {
  allowed('streams', noIpv6, () => conversation(...stream(AF_INET6, ['::1', 0])))
  allowed('datagrams', noIpv6, () => datagrams(AF_INET6, ['::1', 0]))

  const [link] = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list.flatMap(entry => (entry.family === 'IPv6' && entry.scopeid > 0 ? [{ name, ...entry }] : [])),
  )
  const noLink = link === undefined ? 'this machine has no link-local address' : null

  allowed('the scope is the interface of a link-local address, by number or name', noLink, () => {
    const { name, address, scopeid } = link!
    const [client, server] = stream(AF_INET6, { family: 'IPv6', address, port: 0, scopeid })
    expect(server.getsockname()).toMatchObject({ address, scopeid })
    expect(client.getpeername()).toMatchObject({ address, scopeid })
    conversation(client, server)
    const named = bound(AF_INET6, SOCK_DGRAM, [`${address}%${name}`, 0])
    expect(named.getsockname()).toMatchObject({ address, scopeid })
    const invalid = expect.objectContaining({ code: 'EINVAL', syscall: 'bind' })
    expect(() => opened(AF_INET6, SOCK_DGRAM).bind([address, 0])).toThrow(invalid)
  })

  allowed(
    'a leased flow label is sent, and is in the address',
    C.IPV6_FLOWLABEL_MGR === undefined ? 'this system does not lease flow labels by this option' : noIpv6,
    () => {
      const server = bound(AF_INET6, SOCK_DGRAM, ['::1', 0])
      const client = opened(AF_INET6, SOCK_DGRAM)
      const label = 0x4_2424
      const request = Buffer.alloc(32) // a struct in6_flowlabel_req: ipv6_flowlabel(7)
      request.set(C.inet_pton(AF_INET6, '::1'))
      request.writeUInt32BE(label, 16)
      request.set([C.IPV6_FL_A_GET!, C.IPV6_FL_S_EXCL!], 20)
      request.set(new Uint8Array(new Uint16Array([C.IPV6_FL_F_CREATE!]).buffer), 22)
      client.setsockopt(IPPROTO_IPV6, C.IPV6_FLOWLABEL_MGR!, request)
      client.setsockopt(IPPROTO_IPV6, C.IPV6_FLOWINFO_SEND!, true)
      const to = { ...(server.getsockname() as IPv6Address), flowlabel: label }
      client.connect(to)
      expect(client.getpeername()).toEqual(to)
      server.setsockopt(IPPROTO_IPV6, C.IPV6_FLOWINFO!, true)
      client.send('labelled')
      const flowinfo = server.recvmsg(64, 64).control.find(({ type }) => type === C.IPV6_FLOWINFO)
      expect(flowinfo?.data.readUInt32BE()).toBe(label)
    },
  )
})

describe('protocols over INET', () => {
  allowed('MPTCP', whyNot.socket(AF_INET, SOCK_STREAM, C.IPPROTO_MPTCP), () => {
    const [client, server] = stream(AF_INET, ['127.0.0.1', 0], C.IPPROTO_MPTCP)
    expect(server.getsockopt(SOL_SOCKET, SO_PROTOCOL!)).toBe(C.IPPROTO_MPTCP)
    conversation(client, server)
  })

  allowed('UDP-Lite', whyNot.socket(AF_INET, SOCK_DGRAM, C.IPPROTO_UDPLITE), () => {
    datagrams(AF_INET, ['127.0.0.1', 0], C.IPPROTO_UDPLITE)
    const socket = opened(AF_INET, SOCK_DGRAM, C.IPPROTO_UDPLITE)
    socket.setsockopt(C.SOL_UDPLITE!, C.UDPLITE_SEND_CSCOV!, 20)
    expect(socket.getsockopt(C.SOL_UDPLITE!, C.UDPLITE_SEND_CSCOV!)).toBe(20)
  })

  allowed('SCTP', whyNot.socket(AF_INET, SOCK_STREAM, C.IPPROTO_SCTP), () => {
    conversation(...stream(AF_INET, ['127.0.0.1', 0], C.IPPROTO_SCTP))
  })
})

const bdaddr = '00:11:22:AA:BB:CC'
const rows: [string, number | undefined, number, number | undefined, SocketAddress[]][] = [
  ['ALG', C.AF_ALG, SOCK_SEQPACKET, 0, [{ family: 'alg', type: 'hash', name: 'sha256', feat: 0, mask: 0 }]],
  [
    'BLUETOOTH',
    C.AF_BLUETOOTH,
    SOCK_RAW,
    C.BTPROTO_HCI,
    [
      { family: 'hci', dev: 1, channel: 2 },
      { family: 'sco', bdaddr },
      { family: 'rfcomm', bdaddr, channel: 3 },
      { family: 'l2cap', bdaddr, psm: 4, cid: 5, bdaddrType: 1 },
    ],
  ],
  [
    'CAN',
    C.AF_CAN,
    SOCK_RAW,
    C.CAN_RAW,
    [
      { family: 'can', ifindex: 1, rxId: 0x123, txId: 0x80000321 },
      { family: 'can', ifindex: 1, name: 2n ** 63n, pgn: 0x1ef00, addr: 0x25 },
    ],
  ],
  ['QIPCRTR', C.AF_QIPCRTR, SOCK_DGRAM, 0, [{ family: 'qipcrtr', node: 1, port: 2 }]],
  ['TIPC', C.AF_TIPC, SOCK_STREAM, 0, [{ family: 'tipc', addrtype: 1, v1: 1000, v2: 1, v3: 9, scope: 2 }]],
]

describe.each(rows)('%s', (_, family, type, protocol, addresses) => {
  const foreign = family === undefined ? whyNot.family(family) : null

  allowed('its addresses are the same after encoding and decoding', foreign, () => {
    for (const address of addresses) expect(decodeAddress(encodeAddress(address))).toEqual(address)
  })

  allowed(`its socket ${supports.family(family) ? 'opens' : 'is a clear EAFNOSUPPORT'}`, foreign, () => {
    const open = (): Socket => new Socket(family, type, protocol)
    if (supports.family(family)) return open().close()
    expect(open).toThrow(SocketError)
    expect(open).toThrow('socket EAFNOSUPPORT')
    expect(whyNot.family(family)).toMatch(/^EAFNOSUPPORT: /)
  })
})
