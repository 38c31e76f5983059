// Families in which the kernel itself is the other end: ICMP, packets, netlink, vsock.
import * as C from 'bsd-sockets'
import { AF_INET, IPPROTO_ICMP, Socket, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, whyNot } from 'bsd-sockets'
import type { IPv4Address, VsockAddress } from 'bsd-sockets'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, onTestFinished } from 'vitest'
import { inline } from '../support/child.js'
import { inNamespace, noNamespace } from '../support/namespace.js'
import { allowed, bound, conversation, opened } from '../support/sockets.js'
import { root } from '../support/root.js'

/** An echo request, its checksum included: RFC 792 */
function echoRequest(id: number, sequence: number, payload: string): Buffer {
  const packet = Buffer.alloc(8 + payload.length)
  packet[0] = C.ICMP_ECHO
  packet.writeUInt16BE(id, 4)
  packet.writeUInt16BE(sequence, 6)
  packet.write(payload, 8)
  let sum = 0
  for (let i = 0; i < packet.length; i += 2) sum += packet.readUInt16BE(i)
  sum = (sum & 0xffff) + (sum >>> 16)
  packet.writeUInt16BE(~sum & 0xffff, 2)
  return packet
}

describe('ICMP', () => {
  allowed('by a raw socket, with the IP header', whyNot.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), () => {
    const socket = opened(AF_INET, SOCK_RAW, IPPROTO_ICMP)
    const request = echoRequest(0xbead, 7, 'raw echo')
    socket.sendto(request, ['127.0.0.1', 0])
    for (;;) {
      const [packet, from] = socket.recvfrom(256)
      const icmp = packet.subarray((packet[0]! & 15) * 4)
      if (icmp[0] !== C.ICMP_ECHOREPLY || icmp.readUInt16BE(4) !== 0xbead) continue
      expect(from).toEqual({ family: 'IPv4', address: '127.0.0.1', port: 0 })
      expect(icmp.subarray(6)).toEqual(request.subarray(6))
      break
    }
  })

  allowed('by a datagram socket, without root', noNamespace(), () => {
    const program = `
      import { AF_INET, IPPROTO_ICMP, SOCK_DGRAM, SOCK_RAW, Socket, supports } from 'bsd-sockets'
      const socket = new Socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)
      socket.settimeout(5000)
      socket.bind(['127.0.0.1', 0])
      socket.sendto(Buffer.from([8, 0, 0, 0, 0, 0, 0, 7, 42]), ['127.0.0.1', 0])
      const [reply, from] = socket.recvfrom(64)
      console.log(process.getuid(), supports.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), from.address,
        reply[0], reply.readUInt16BE(4) === socket.getsockname().port, reply[7], reply[8])`
    const [command, args] = inNamespace('0 2147483647', process.execPath, ...inline(program))
    const output = execFileSync(command, args, { cwd: root, encoding: 'utf8' })
    expect(output).toBe('65534 false 127.0.0.1 0 true 7 42\n')
  })
})

describe('PACKET', () => {
  const reason = whyNot.socket(C.AF_PACKET, SOCK_DGRAM)

  allowed('the packets of an interface, with its address', reason, () => {
    const loopback = C.if_nametoindex('lo')
    const sniffer = bound(C.AF_PACKET!, SOCK_DGRAM, { family: 'packet', ifindex: loopback, protocol: C.ETH_P_IP! })
    expect(sniffer.getsockname()).toMatchObject({ family: 'packet', ifindex: loopback, protocol: C.ETH_P_IP })
    const receiver = bound(AF_INET, SOCK_DGRAM, ['127.0.0.1', 0])
    const { port } = receiver.getsockname() as IPv4Address
    opened(AF_INET, SOCK_DGRAM).sendto('seen', receiver.getsockname())
    for (;;) {
      const [packet, from] = sniffer.recvfrom(2048)
      if (packet[9] !== C.IPPROTO_UDP || packet.readUInt16BE(22) !== port) continue
      expect(packet.toString('latin1', 28)).toBe('seen')
      expect(from).toMatchObject({
        family: 'packet',
        ifindex: loopback,
        protocol: C.ETH_P_IP,
        address: Buffer.alloc(6),
      })
      break
    }
  })

  allowed('messages, one by one and in batches', reason, () => {
    const loopback = C.if_nametoindex('lo')
    const sniffer = bound(C.AF_PACKET!, SOCK_DGRAM, { family: 'packet', ifindex: loopback, protocol: C.ETH_P_IP! })
    opened(AF_INET, SOCK_DGRAM).sendto('seen', bound(AF_INET, SOCK_DGRAM, ['127.0.0.1', 0]).getsockname())
    expect(sniffer.recvmsg(2048)).toMatchObject({ address: { family: 'packet', ifindex: loopback } })
    const batch = new C.MessageBatch(1, 2048)
    opened(AF_INET, SOCK_DGRAM).sendto('seen', bound(AF_INET, SOCK_DGRAM, ['127.0.0.1', 0]).getsockname())
    expect(sniffer.recvmmsg(batch)).toBe(1)
  })

  allowed('a frame with its own Ethernet header', whyNot.socket(C.AF_PACKET, SOCK_RAW), () => {
    const loopback = C.if_nametoindex('lo')
    const protocol = 0x88b5 // for experiments: IEEE 802
    const receiver = bound(C.AF_PACKET!, SOCK_RAW, { family: 'packet', ifindex: loopback, protocol })
    const frame = Buffer.concat([Buffer.alloc(12), Buffer.of(0x88, 0xb5), Buffer.from('experiment')])
    opened(C.AF_PACKET!, SOCK_RAW).sendto(frame, { family: 'packet', ifindex: loopback, protocol })
    const [packet] = receiver.recvfrom(2048)
    expect(packet).toEqual(frame)
  })
})

describe('NETLINK', () => {
  allowed('the kernel answers, from port 0', whyNot.socket(C.AF_NETLINK, SOCK_RAW, C.NETLINK_ROUTE), () => {
    const socket = bound(C.AF_NETLINK!, SOCK_RAW, { family: 'netlink', pid: 0, groups: 0 }, C.NETLINK_ROUTE)
    const { pid } = socket.getsockname() as { pid: number }
    expect(pid).toBeGreaterThan(0)
    const request = Buffer.alloc(32) // a struct nlmsghdr and a struct ifinfomsg: rtnetlink(7)
    request.set(new Uint8Array(new Uint32Array([32]).buffer))
    request.set(new Uint8Array(new Uint16Array([C.RTM_GETLINK!, C.NLM_F_REQUEST!]).buffer), 4)
    request.set(new Uint8Array(new Uint32Array([77, pid]).buffer), 8)
    request.set(new Uint8Array(new Int32Array([C.if_nametoindex('lo')]).buffer), 20)
    socket.sendto(request, { family: 'netlink', pid: 0, groups: 0 })
    const [answer, from] = socket.recvfrom(65536)
    expect(from).toEqual({ family: 'netlink', pid: 0, groups: 0 })
    const [length, , sequence] = new Uint32Array(answer.buffer.slice(answer.byteOffset, answer.byteOffset + 12))
    expect(length).toBe(answer.length)
    expect(sequence).toBe(77)
    expect(answer.includes('lo\0')).toBe(true)
  })

  allowed('two processes, by their ports', whyNot.socket(C.AF_NETLINK, SOCK_DGRAM, C.NETLINK_USERSOCK), () => {
    const [here, there] = [0, 0].map(pid =>
      bound(C.AF_NETLINK!, SOCK_DGRAM, { family: 'netlink', pid, groups: 0 }, C.NETLINK_USERSOCK),
    ) as [Socket, Socket]
    here.sendto('port to port', there.getsockname())
    const [data, from] = there.recvfrom(64)
    expect(data.toString()).toBe('port to port')
    expect(from).toEqual(here.getsockname())
  })
})

describe('VSOCK', () => {
  const none = whyNot.socket(C.AF_VSOCK, SOCK_STREAM)
  const local = existsSync('/sys/module/vsock_loopback') ? null : 'this kernel has no vsock_loopback'

  allowed('is bound to any context and a port of the kernel’s choice', none, () => {
    const socket = bound(C.AF_VSOCK, SOCK_STREAM, { family: 'vsock', cid: C.VMADDR_CID_ANY, port: C.VMADDR_PORT_ANY })
    const address = socket.getsockname() as VsockAddress
    expect(address).toEqual({ family: 'vsock', cid: C.VMADDR_CID_ANY, port: expect.any(Number) })
    expect(address.port).not.toBe(C.VMADDR_PORT_ANY)
    socket.listen()
  })

  allowed('streams within this machine', none ?? local, () => {
    const cid = C.VMADDR_CID_LOCAL!
    const listener = bound(C.AF_VSOCK, SOCK_STREAM, { family: 'vsock', cid, port: C.VMADDR_PORT_ANY })
    listener.listen()
    const client = opened(C.AF_VSOCK, SOCK_STREAM)
    client.connect(listener.getsockname())
    const [server] = listener.accept()
    onTestFinished(() => server.close())
    conversation(client, server)
  })
})
