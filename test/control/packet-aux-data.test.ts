import * as C from 'bsd-sockets'
import { AF_INET, options, setOption, SOCK_DGRAM, whyNot } from 'bsd-sockets'
import type { IPv4Address } from 'bsd-sockets'
import { expect, test } from 'vitest'
import { allowed, bound, opened } from '../support/sockets.js'

allowed('a packet socket gets the length of a packet that is cut off', whyNot.socket(C.AF_PACKET, SOCK_DGRAM), () => {
  const ifindex = C.if_nametoindex('lo')
  const sniffer = bound(C.AF_PACKET!, SOCK_DGRAM, { family: 'packet', ifindex, protocol: C.ETH_P_IP! })
  setOption(sniffer, options.packetAuxData, true)
  const receiver = bound(AF_INET, SOCK_DGRAM, ['127.0.0.1', 0])
  const { port } = receiver.getsockname() as IPv4Address
  const sender = opened(AF_INET, SOCK_DGRAM)
  for (;;) {
    const packet = Buffer.alloc(100)
    const message = sniffer.tryRecvmsgInto([packet], 256)
    // Other tests use the loopback interface too, and fill the queue: so the packet may be lost.
    if (message === null) sender.sendto(Buffer.alloc(1000), receiver.getsockname())
    if (message === null || packet[9] !== C.IPPROTO_UDP || packet.readUInt16BE(22) !== port) continue
    const [{ packetAuxData }] = message.control as [C.ControlMessage]
    expect(packetAuxData).toMatchObject({ len: 1028, snaplen: 1028, mac: 0, vlanTci: 0, vlanTpid: 0 })
    expect(packetAuxData!.status & C.TP_STATUS_VLAN_VALID!).toBe(0)
    break
  }
})

test.runIf(C.PACKET_AUXDATA !== undefined)('decodes the data of a VLAN frame', () => {
  const data = Buffer.concat([
    Buffer.from(new Uint32Array([C.TP_STATUS_VLAN_VALID! | C.TP_STATUS_VLAN_TPID_VALID!, 64, 60]).buffer),
    Buffer.from(new Uint16Array([14, 28, 42, 0x8100]).buffer),
  ])
  const message = { level: C.SOL_PACKET!, type: C.PACKET_AUXDATA! }
  const decoded = (data: Buffer) => C.decodeControl(C.encodeControl([{ ...message, data }])!)[0]!
  expect(decoded(data).packetAuxData).toEqual({
    status: 0x50,
    len: 64,
    snaplen: 60,
    mac: 14,
    net: 28,
    vlanTci: 42,
    vlanTpid: 0x8100,
  })
  expect(decoded(data.subarray(0, 19))).toEqual({ ...message, data: data.subarray(0, 19) })
})
