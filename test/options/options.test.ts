import { spawn, spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import tls from 'node:tls'
import {
  createConnection,
  decodeAddress,
  encodeAddress,
  encodeControl,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_VSOCK,
  ConnectionResetError,
  F_SETFL,
  getOption,
  if_nametoindex,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  isSocketError,
  options,
  peerCredentials,
  setOption,
  setOptions,
  SO_ATTACH_FILTER,
  SO_ATTACH_REUSEPORT_CBPF,
  SO_GET_FILTER,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
  SocketError,
  SOL_ALG,
  SOL_CAN_ISOTP,
  SOL_CAN_J1939,
  SOL_CAN_RAW,
  SOL_MPTCP,
  SOL_NETLINK,
  SOL_PACKET,
  SOL_RAW,
  SOL_SOCKET,
  SOL_TLS,
  supports,
  TCP_INFO,
  tcpInfo,
} from 'bsd-sockets'
import type {
  Linger,
  LinuxTcpInfo,
  Membership,
  PeerCredentials,
  ReadableSockOpt,
  SocketOrFd,
  SockOpt,
  TcpInfo,
  WritableSockOpt,
} from 'bsd-sockets'
import { fcntl, getsockopt, recv } from 'bsd-sockets/syscalls'
import { afterAll, afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import type { listed } from '../../src/options/table.js'
import { cases, closeAll, closing, listener, tcp, udp, udp6, unix } from '../support/options-table.js'
import { root } from '../support/root.js'

afterEach(closeAll)

interface Native {
  readonly layouts: Readonly<Record<string, number>>
}

const table = options as unknown as typeof listed // what a loop over it finds
const names = Object.keys(options) as (keyof typeof listed)[]
const python = spawnSync('python3', ['--version']).status === 0
const linux = process.platform === 'linux'

/** Reads an option, or sets one that cannot be read. */
function touch(socket: Socket, option: (typeof listed)[keyof typeof listed]): void {
  if ('decode' in option.codec) getOption(socket, option as ReadableSockOpt<unknown>)
  else setOption(socket, { ...option, codec: { encode: () => Buffer.alloc(8) } }, undefined)
}

describe('the table', () => {
  test('is sorted', () => {
    expect(names).toEqual([...names].sort())
  })

  test('names in each docstring the C constant of its row', () => {
    const source = readFileSync(join(root, 'src/options/table.ts'), 'utf8')
    const table = source.slice(source.indexOf('export const listed'), source.indexOf('\n}\n'))
    const rows = table.split('/**').slice(1)
    expect(rows.length).toBe(names.length)
    const wrong = rows.filter(row => {
      const [doc = '', code = ''] = row.split('*/')
      return [...code.matchAll(/'([A-Z\d_]+)'/g)].some(([, name]) => !doc.includes(` ${name}`))
    })
    expect(wrong).toEqual([])
  })

  test('has each level and name once, but for one deliberate pair', () => {
    const known = Object.entries(table).filter(([, { name }]) => name !== undefined)
    const keys = known.map(([key, { level, name }]) => [`${level} ${name}`, key] as const)
    const twice = keys.filter(([id], i) => keys.findIndex(([other]) => other === id) !== i).map(([, key]) => key)
    expect(twice).toEqual(linux ? ['ipv6BindToDevice'] : ['peerGroups'])
  })
})

describe('names', () => {
  // Those of SOL_SOCKET and SOL_LOCAL have no prefix.
  const prefixes: [string, number | undefined][] = [
    ['alg', SOL_ALG],
    ['canIsotp', SOL_CAN_ISOTP],
    ['canRaw', SOL_CAN_RAW],
    ['icmp', SOL_RAW],
    ['icmp6', IPPROTO_ICMPV6],
    ['ip', IPPROTO_IP],
    ['ipv6', IPPROTO_IPV6],
    ['j1939', SOL_CAN_J1939],
    ['mptcp', SOL_MPTCP],
    ['netlink', SOL_NETLINK],
    ['packet', SOL_PACKET],
    ['tcp', IPPROTO_TCP],
    ['tls', SOL_TLS],
    ['udp', IPPROTO_UDP],
    ['udpLite', IPPROTO_UDPLITE],
    ['vsock', AF_VSOCK],
  ]
  const prefixed = new RegExp(`^(${prefixes.map(([prefix]) => prefix).join('|')})[A-Z]`)

  test('begin with the protocol of the option, and those of any socket with none', () => {
    const wrong = Object.entries(table).filter(([name, { level, names }]) => {
      const [prefix] = prefixes.find(([, number]) => number === level) ?? []
      if (level === undefined) return !prefixed.test(name) && !names?.some(name => /^SO_/.test(name))
      if (prefix === undefined) return prefixed.test(name)
      return !new RegExp(`^${prefix}[A-Z]`).test(name)
    })
    // On macOS an interface is bound to by an option of IP, or of IPv6.
    expect(wrong.map(([name]) => name)).toEqual([linux ? 'ipv6BindToDevice' : 'bindToDevice'])
  })

  const all = options as unknown as Readonly<Record<string, unknown>>
  const hidden = Object.getOwnPropertyNames(options).filter(name => !names.includes(name as keyof typeof listed))
  const former = hidden.filter(name => name !== 'byName')

  test('of before are the same options, and are not listed', () => {
    expect(former.length).toBe(68)
    for (const name of former) expect(Object.values(options), name).toContain(all[name])
    expect(Object.keys({ ...options })).toEqual(names)
    expect(Object.entries(options).length).toBe(names.length)
    // oxlint-disable-next-line typescript/no-deprecated -- as programs of before have it
    expect(options.noDelay).toBe(options.tcpNoDelay)
  })

  test('of before and of now are those of sockopts', () => {
    const server = listener().getsockname() as { address: string; port: number }
    // oxlint-disable-next-line typescript/no-deprecated -- as programs of before have it
    const before = closing(createConnection(server, { sockopts: { userTimeout: 4000, noDelay: true } }))
    const now = closing(createConnection(server, { sockopts: { tcpUserTimeout: 4000, tcpNoDelay: true } }))
    for (const socket of [before, now])
      expect([getOption(socket, options.tcpUserTimeout), getOption(socket, options.tcpNoDelay)]).toEqual([4000, true])
    expect(() => createConnection(server, { sockopts: { tcpNoDelai: true } as never })).toThrow(
      "did you mean 'tcpNoDelay'?",
    )
    expect(() => createConnection(server, { sockopts: { byName: true } as never })).toThrow(TypeError)
  })
})

describe('docs/options.md', () => {
  test('has each option by each of its names in C: node test/support/options-page.js --write', async () => {
    const file: string = '../support/options-page.js' // a variable, because the file has no types
    const page = (await import(file)) as { table: () => string; written: () => string }
    expect(page.written()).toBe(page.table())
    const rows = page.written().match(/^\| [A-Z].*$/gm)!
    expect(rows.length).toBe(Object.values(table).reduce((sum, { names }) => sum + names!.length, 0))
    const systems = '(?:Linux|macOS|Linux, macOS)'
    const cells = [
      '[A-Z][A-Z\\d_]+',
      '`\\w+`',
      '`[^`]+`[\\w,; ]*',
      '[^ |].*',
      systems,
      '(?:before 2\\.6|\\d[\\d.]+|—)',
      '\\S.*',
    ]
    for (const row of rows) expect(row).toMatch(new RegExp(`^\\| ${cells.join(' \\| ')} \\|$`))
  })

  test('has the systems and the first kernel of each option: test/support/option-kernels.js', async () => {
    const files = ['../support/options-page.js', '../support/option-kernels.js']
    const [page, { kernels }] = (await Promise.all(files.map(file => import(file)))) as [
      { origins: () => Map<string, { systems: string[]; kernel: string | undefined }> },
      { kernels: Map<string, string | undefined> },
    ]
    const origins = page.origins()
    for (const [name, { systems }] of origins) {
      expect(systems, name).not.toHaveLength(0)
      // One whose first kernel is not known is listed, too.
      expect(kernels.has(name), name).toBe(systems.includes('Linux'))
    }
    for (const name of kernels.keys()) expect(origins.has(name), name).toBe(true)
    expect(origins.get('SO_REUSEPORT')).toEqual({ systems: ['Linux', 'macOS'], kernel: '3.9' })
    expect(origins.get('SO_NOSIGPIPE')).toEqual({ systems: ['macOS'], kernel: undefined })
    expect(origins.get('TCP_CORK')).toEqual({ systems: ['Linux'], kernel: 'before 2.6' })
  })
})

describe('byName', () => {
  test('finds each option by each of its names in C', () => {
    for (const [name, option] of Object.entries(table))
      for (const each of option.names!) {
        const found = options.byName(each, option.level)!
        expect([found.names!.includes(each), found.level], name).toEqual([true, option.level])
      }
    expect(options.byName('TCP_KEEPCNT')).toBe(options.tcpKeepCount)
    expect(options.byName('SO_LINGER')).toBe(options.linger)
    expect(options.byName('TCP_CONNECTION_INFO')).toBe(options.byName('TCP_INFO'))
  })

  test('of a name that several levels have', () => {
    expect(options.byName('MCAST_JOIN_GROUP')).toBe(options.ipMcastJoinGroup)
    expect(options.byName('MCAST_JOIN_GROUP', IPPROTO_IPV6)).toBe(options.ipv6McastJoinGroup)
    expect(options.byName('MCAST_JOIN_GROUP', IPPROTO_TCP)).toBeUndefined()
  })

  test('of another system is an option that this one lacks, of no system undefined', () => {
    const elsewhere = options.byName(linux ? 'SO_NOSIGPIPE' : 'SO_MARK')!
    expect(() => getOption(udp(), elsewhere)).toThrow(expect.objectContaining({ code: 'ENOPROTOOPT' }))
    for (const name of ['TCP_KEEPCOUNT', '', 'toString', '__proto__', 'tcpKeepCount'])
      expect(options.byName(name)).toBeUndefined()
    expect(() => options.byName(1 as never)).toThrow(expect.objectContaining({ argument: 'name' }))
    expect(() => options.byName('SO_MARK', 'x' as never)).toThrow(expect.objectContaining({ argument: 'level' }))
  })
})

describe('each option', () => {
  // The errors of kernels for an unknown option, protocol or family. Node calls EOPNOTSUPP ENOTSUP.
  const lacking = ['EAFNOSUPPORT', 'ENOPROTOOPT', 'ENOTSUP', 'EPROTONOSUPPORT', 'ESOCKTNOSUPPORT']
  const lacked: string[] = []

  test.for(names)('%s', (name, { skip }) => {
    const option = table[name]
    try {
      cases[name]()
      expect(option.name).toBeDefined()
    } catch (error) {
      if (!isSocketError(error)) throw error
      if (['EACCES', 'EPERM'].includes(error.code) && process.geteuid?.() !== 0)
        skip(`${option.option} needs a privilege`)
      const withoutTls = error.code === 'ENOENT' && error.option === 'TCP_ULP'
      if (!lacking.includes(error.code) && !withoutTls) throw error
      // The kernel lacks the option, its protocol or its family: a UDP socket lacks it too.
      expect(() => touch(udp(), option)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(ENOPROTOOPT|ENOTSUP)$/), option: option.option }),
      )
      lacked.push(name)
    }
  })

  afterAll(() => console.log(`this kernel lacks ${lacked.length} of ${names.length} options: ${lacked.join(' ')}`))
})

describe('values', () => {
  const refused = <T>(option: WritableSockOpt<T>, value: unknown, code: string, text: string): void => {
    expect(() => setOption(udp(), option, value as NoInfer<T>)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  }

  test.each([
    [options.keepAlive, 1, 'ERR_INVALID_ARG_TYPE', '"value"'],
    [options.mark, -1, 'ERR_OUT_OF_RANGE', '"value"'],
    [options.ipTos, 256, 'ERR_OUT_OF_RANGE', '"value"'],
    [options.ipTtl, 1.5, 'ERR_OUT_OF_RANGE', '"value"'],
    [options.priority, '6', 'ERR_INVALID_ARG_TYPE', '"value"'],
    [options.linger, true, 'ERR_INVALID_ARG_TYPE', '"value"'],
    [options.linger, { on: 1, seconds: 5 }, 'ERR_INVALID_ARG_TYPE', '"value.on"'],
    [options.linger, { on: true }, 'ERR_INVALID_ARG_TYPE', '"value.seconds"'],
    [options.linger, { on: true, seconds: 2 ** 31 }, 'ERR_OUT_OF_RANGE', '"value.seconds"'],
    [options.receiveTimeout, 0, 'ERR_OUT_OF_RANGE', 'null to wait for ever'],
    [options.receiveTimeout, NaN, 'ERR_OUT_OF_RANGE', '"value"'],
    [options.receiveTimeout, undefined, 'ERR_INVALID_ARG_TYPE', '"value"'],
    [options.ipAddMembership, { group: 'ff02::1' }, 'ERR_INVALID_ARG_VALUE', "'value.group'"],
    [options.ipAddMembership, { group: '239.1.1.1', ifindex: 2 ** 40 }, 'ERR_OUT_OF_RANGE', '"value.ifindex"'],
    [options.ipv6JoinGroup, { group: '239.1.1.1' }, 'ERR_INVALID_ARG_VALUE', "'value.group'"],
    [options.ipMcastJoinGroup, { group: 'localhost' }, 'ERR_INVALID_ARG_VALUE', "'value.group'"],
    [options.ipMcastJoinGroup, { group: 7 }, 'ERR_INVALID_ARG_TYPE', '"value.group"'],
  ] as [WritableSockOpt<unknown>, unknown, string, string][])('of $option', (option, value, code, text) => {
    refused(option, value, code, text)
  })

  test.runIf(linux)('of options that only Linux has', () => {
    refused(options.tcpCongestion, 'a'.repeat(16), 'ERR_INVALID_ARG_VALUE', "'value'")
    refused(options.bindToDevice, 'lo\0', 'ERR_INVALID_ARG_VALUE', "'value'")
    refused(options.attachFilter, [{ code: 6, k: 2 ** 32 }], 'ERR_OUT_OF_RANGE', '"value.k"')
    refused(options.attachFilter, { code: 6, k: 0 }, 'ERR_INVALID_ARG_TYPE', '"value"')
    refused(options.ipLocalPortRange, { low: 1, high: 65536 }, 'ERR_OUT_OF_RANGE', '"value.high"')
    refused(options.ipLocalPortRange, null, 'ERR_INVALID_ARG_TYPE', '"value"')
    refused(options.icmpFilter, [32], 'ERR_OUT_OF_RANGE', '"value"')
    refused(options.maxPacingRate, -1, 'ERR_OUT_OF_RANGE', '"value"')
    refused(options.tcpMd5Sig, { address: '::1', key: 'secret' }, 'ERR_INVALID_ARG_TYPE', '"value.key"')
    refused(options.ipMcastSourceFilter, { group: '239.1.1.1', mode: 1 }, 'ERR_INVALID_ARG_TYPE', '"value.sources"')
    const keys = { version: 0x303, cipherType: 51, iv: Buffer.alloc(12) }
    refused(options.tlsTransmit, keys, 'ERR_INVALID_ARG_VALUE', "'value.iv'")
    refused(options.tlsTransmit, { version: 0x303, cipherType: 1 }, 'ERR_INVALID_ARG_VALUE', "'value.cipherType'")
  })

  test('cannot be read of an option that is set-only, nor set of one that is read-only', () => {
    expect(() => getOption(udp(), options.ipAddMembership as never)).toThrow(/'option' must be one that can be read/)
    expect(() => setOption(udp(), options.type as never, 1)).toThrow(/'option' must be one that can be set/)
  })

  test('of an option that this system lacks are refused with its name in C', () => {
    const lacking: SockOpt<number> = { ...options.priority, option: 'SO_ELSEWHERE', name: undefined }
    expect(() => getOption(udp(), lacking)).toThrow(
      expect.objectContaining({
        code: 'ENOPROTOOPT',
        syscall: 'getsockopt',
        option: 'SO_ELSEWHERE',
        message: 'getsockopt ENOPROTOOPT SO_ELSEWHERE',
      }),
    )
    expect(() => setOption(udp(), lacking, 1)).toThrow('setsockopt ENOPROTOOPT SO_ELSEWHERE')
    expect(() => setOption(udp(), options.tcpNoDelay, true)).toThrow(SocketError)
  })

  test('of several options are set in their order; an unknown name is refused before any of them', () => {
    const socket = tcp()
    setOptions(socket, { keepAlive: true, tcpKeepIdle: 30, tcpNoDelay: undefined })
    expect([getOption(socket, options.keepAlive), getOption(socket, options.tcpKeepIdle)]).toEqual([true, 30])
    expect(() => setOptions(socket, { tcpKeepIdle: 20, keepalive: false } as object)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringContaining("'values.keepalive'"),
      }),
    )
    expect(() => setOptions(socket, { keepAlive: false, tcpKeepIdle: 0 })).toThrow('setsockopt EINVAL TCP_KEEPIDLE')
    expect([getOption(socket, options.keepAlive), getOption(socket, options.tcpKeepIdle)]).toEqual([false, 30])
  })

  // The structures as Linux declares them.
  test.runIf(linux)('are encoded as the bytes of the structures', () => {
    const bytes = <T>(option: WritableSockOpt<T>, value: NoInfer<T>): string =>
      Buffer.from(option.codec.encode(value)).toString('hex')
    expect(bytes(options.ipAddMembership, { group: '239.1.2.3', address: '127.0.0.1', ifindex: 2 })).toBe(
      'ef0102037f00000102000000',
    )
    expect(bytes(options.canRawFilter, [{ id: 0x123, mask: 0x7ff }])).toBe('23010000ff070000')
    expect(bytes(options.canIsotpLinkLayer, { mtu: 72, txDl: 64 })).toBe('484000')
    const keys = { iv: Buffer.alloc(8, 1), key: Buffer.alloc(16, 2), salt: Buffer.alloc(4, 3), recSeq: Buffer.alloc(8) }
    expect(bytes(options.tlsTransmit, { version: 0x304, cipherType: 51, ...keys })).toBe(
      '04033300' + '01'.repeat(8) + '02'.repeat(16) + '03'.repeat(4) + '00'.repeat(8),
    )
    expect(bytes(options.j1939Filter, [{ name: 1n, nameMask: 2n, pgn: 3, pgnMask: 4, addr: 5, addrMask: 6 }])).toBe(
      '0100000000000000020000000000000003000000040000000506000000000000',
    )
  })

  test.runIf(SO_GET_FILTER !== undefined)('of SO_GET_FILTER stay within the view; the length is in bytes', () => {
    const socket = udp()
    setOption(
      socket,
      options.attachFilter,
      Array.from({ length: 4 }, () => ({ code: 6, k: 1 })),
    )
    const memory = Buffer.alloc(64)
    const length = new Uint32Array([8])
    expect(getsockopt(socket.fd, SOL_SOCKET, SO_GET_FILTER!, memory.subarray(0, 8), length)).toBe(-22)
    expect(memory.equals(Buffer.alloc(64))).toBe(true)
    length[0] = 64
    expect(getsockopt(socket.fd, SOL_SOCKET, SO_GET_FILTER!, memory, length)).toBe(0)
    expect(length[0]).toBe(32)
  })
})

describe('structures that the package declares itself', () => {
  const compiler = process.env.CC ?? 'cc'
  const found = spawnSync(compiler, ['--version']).status === 0
  if (!found) console.log(`structures are not compared with headers: no ${compiler} here`)

  test.runIf(linux && found)('have the layout of the headers, where these declare them', () => {
    const { layouts } = (createRequire(import.meta.url)('node-gyp-build') as (directory: string) => Native)(root)
    const structures = readFileSync(join(root, 'native/addon/structures_linux.h'), 'utf8')
    const declared = new Set([...structures.matchAll(/^struct (\w+) \{/gm)].map(([, name]) => name!))
    const rows = Object.entries(layouts).filter(([row]) => row.includes('.') && declared.has(row.split('.')[0]!))
    const headers =
      'linux/can/isotp.h linux/can/j1939.h linux/in6.h linux/mptcp.h linux/net_tstamp.h linux/tcp.h linux/tls.h'
    // `#line` gives each assertion its own file name, so that an error of the compiler names it.
    const source = [
      ...headers.split(' ').map(header => `#if __has_include(<${header}>)\n#include <${header}>\n#endif`),
      ...rows.map(([row, value]) => {
        const [structure, field] = row.split('.')
        return `#line 1 "${row}"\n_Static_assert(__builtin_offsetof(struct ${structure}, ${field}) == ${value >>> 16}, "");`
      }),
    ]
    const { stderr } = spawnSync(compiler, ['-fsyntax-only', '-xc', '-'], {
      input: source.join('\n'),
      encoding: 'utf8',
    })
    const errors = [...stderr.matchAll(/^([\w.]+):1:\d+: error: (.*)$/gm)]
    expect(errors.filter(([, , text]) => /static[ _]assert(ion)? failed/.test(text!)).map(([, row]) => row)).toEqual([])
    expect(rows.length - new Set(errors.map(([, row]) => row)).size).toBeGreaterThan(60)
  })
})

describe('interfaces by name', () => {
  const loopback = linux ? 'lo' : 'lo0'
  const ifindex = if_nametoindex(loopback)
  const nobody = { code: 'ENODEV', syscall: 'if_nametoindex', message: 'if_nametoindex ENODEV none0' }

  test('are set as their indices are', () => {
    const bytes = <T>(option: WritableSockOpt<T>, value: NoInfer<T>): string =>
      Buffer.from(option.codec.encode(value)).toString('hex')
    const each = [loopback, ifindex].map(ifindex => [
      bytes(options.ipAddMembership, { group: '239.1.2.3', ifindex }),
      bytes(options.ipMulticastInterface, { ifindex }),
      bytes(options.ipMcastJoinGroup, { group: '239.1.2.3', ifindex }),
      bytes(options.ipv6McastJoinSourceGroup, { group: 'ff02::9', source: '::1', ifindex }),
      bytes(options.ipv6McastSourceFilter, { group: 'ff02::9', mode: 1, sources: ['::1'], ifindex }),
      bytes(options.ipv6JoinGroup, { group: 'ff02::9', ifindex }),
      bytes(options.ipv6PktInfo, { address: '::1', ifindex }),
      bytes(options.ipv6MulticastInterface, ifindex),
      bytes(options.ipUnicastInterface, ifindex),
      bytes(options.ipv6UnicastInterface, ifindex),
      bytes(options.bindToInterfaceIndex, ifindex),
      linux ? bytes(options.packetAddMembership, { ifindex, type: 1 }) : '',
      linux ? bytes(options.tcpMd5SigExt, { address: '::1', key: Buffer.alloc(1), ifindex }) : '',
      encodeControl([{ packetInfo: { address: '127.0.0.1', ifindex } }])!.toString('hex'),
      encodeControl([{ packetInfo: { address: '::1', ifindex } }])!.toString('hex'),
      encodeAddress({ address: 'fe80::1', port: 1, scopeid: ifindex }).toString('hex'),
      encodeAddress({ family: 'IPv6', address: 'fe80::1', port: 1, scopeid: ifindex }).toString('hex'),
      linux ? encodeAddress({ family: 'packet', ifindex, protocol: 3 }).toString('hex') : '',
      linux ? encodeAddress({ family: 'can', ifindex }).toString('hex') : '',
      linux ? encodeAddress({ family: 'can', ifindex, rxId: 1, txId: 2 }).toString('hex') : '',
    ])
    expect(each[0]).toEqual(each[1])
    expect(decodeAddress(encodeAddress({ address: 'fe80::1', port: 1, scopeid: loopback }))).toMatchObject({
      scopeid: ifindex,
    })
  })

  test('are read as indices', () => {
    const socket = udp6()
    setOption(socket, options.ipv6MulticastInterface, loopback)
    expect(getOption(socket, options.ipv6MulticastInterface)).toBe(ifindex)
    setOption(socket, options.ipv6MulticastInterface, 0)
    expect(getOption(socket, options.ipv6MulticastInterface)).toBe(0)
  })

  test.each<[string, () => unknown]>([
    ['value', () => setOption(udp6(), options.ipv6MulticastInterface, 'none0')],
    ['value', () => setOption(udp(), options.ipUnicastInterface, 'none0')],
    ['value.ifindex', () => setOption(udp(), options.ipAddMembership, { group: '239.1.1.1', ifindex: 'none0' })],
    ['value.ifindex', () => setOption(udp6(), options.ipv6JoinGroup, { group: 'ff02::9', ifindex: 'none0' })],
    ['packetInfo.ifindex', () => encodeControl([{ packetInfo: { address: '::1', ifindex: 'none0' } }])],
    ['scopeid', () => encodeAddress({ address: 'fe80::1', port: 1, scopeid: 'none0' })],
    ['ifindex', () => encodeAddress({ family: 'packet', ifindex: 'none0' })],
  ])('that no interface has are ENODEV, with the argument %s', (argument, call) => {
    if (argument === 'ifindex' && !linux) return
    expect(call).toThrow(expect.objectContaining({ ...nobody, argument }))
  })

  test('that are none are refused before the call', () => {
    for (const name of ['', 'lo\0', 'x'.repeat(100)])
      expect(() => setOption(udp6(), options.ipv6MulticastInterface, name)).toThrow(
        expect.objectContaining({ code: 'ENODEV' }),
      )
    for (const ifindex of [true, {}, 1n])
      expect(() =>
        setOption(udp(), options.ipAddMembership, { group: '239.1.1.1', ifindex: ifindex as never }),
      ).toThrow('"value.ifindex" property must be of type number or string')
    expect(() => setOption(udp6(), options.ipv6MulticastInterface, -1)).toThrow(RangeError)
  })
})

describe('effects', () => {
  const bound = (family: number, host: string): Socket => {
    const socket = closing(new Socket(family, SOCK_DGRAM))
    socket.settimeout(10_000)
    socket.bind([host, 0])
    return socket
  }
  const portOf = (socket: Socket): number => (socket.getsockname() as { port: number }).port

  test.each([
    ['address', { address: '127.0.0.1' }],
    ['interface', { ifindex: if_nametoindex(linux ? 'lo' : 'lo0') }],
    ['name', { ifindex: linux ? 'lo' : 'lo0' }],
  ])('a member that joined by %s receives a datagram of the group', (_, where) => {
    const receiver = bound(AF_INET, '')
    setOption(receiver, options.ipAddMembership, { group: '239.255.9.9', ...where })
    const sender = bound(AF_INET, '127.0.0.1')
    setOption(sender, options.ipMulticastInterface, where)
    sender.sendto('to the group', ['239.255.9.9', portOf(receiver)])
    expect(receiver.recv(100).toString()).toBe('to the group')
    setOption(receiver, options.ipDropMembership, { group: '239.255.9.9', ...where })
    sender.sendto('to nobody', ['239.255.9.9', portOf(receiver)])
    sender.sendto('to one', ['127.0.0.1', portOf(receiver)])
    expect(receiver.recv(100).toString()).toBe('to one')
  })

  // /proc/net/igmp6 lists the members. proc(5)
  test.runIf(linux).each([
    ['ipv6JoinGroup', 'ipv6LeaveGroup'],
    ['ipv6McastJoinGroup', 'ipv6McastLeaveGroup'],
  ] as const)('%s joins an IPv6 group on an interface, %s leaves it', (join, leave) => {
    const socket = closing(new Socket(AF_INET6, SOCK_DGRAM))
    const isMember = (): boolean => /^\d+ +lo +ff020{26}99/m.test(readFileSync('/proc/net/igmp6', 'utf8'))
    const membership = { group: 'ff02::99', ifindex: if_nametoindex('lo') }
    expect(isMember()).toBe(false)
    setOption(socket, options[join], membership)
    expect(isMember()).toBe(true)
    setOption(socket, options[leave], membership)
    expect(isMember()).toBe(false)
  })

  test.runIf(supports.option(SOL_SOCKET, SO_ATTACH_FILTER))('a filter drops datagrams until it is detached', () => {
    const receiver = bound(AF_INET, '127.0.0.1')
    const sender = bound(AF_INET, '127.0.0.1')
    setOption(receiver, options.attachFilter, [{ code: 6, k: 0 }]) // BPF_RET | BPF_K: keep 0 bytes
    sender.sendto('dropped', receiver.getsockname())
    setOption(receiver, options.detachFilter, true)
    sender.sendto('received', receiver.getsockname())
    expect(receiver.recv(100).toString()).toBe('received')
  })

  test.runIf(supports.option(SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF))(
    'a filter selects one of the sockets that share a port',
    () => {
      const [first, second] = [0, 1].map(() => closing(new Socket(AF_INET, SOCK_DGRAM))) as [Socket, Socket]
      for (const socket of [first, second]) setOption(socket, options.reusePort, true)
      first.bind(['127.0.0.1', 0])
      second.bind(first.getsockname())
      const sender = bound(AF_INET, '127.0.0.1')
      for (const [index, chosen, other] of [
        [0, first, second],
        [1, second, first],
      ] as const) {
        setOption(first, options.attachReusePortFilter, [{ code: 6, k: index }])
        for (const text of ['one', 'two', 'three']) sender.sendto(text, first.getsockname())
        expect([chosen.recv(9), chosen.recv(9), chosen.recv(9)].join()).toBe('one,two,three')
        expect(other.tryRecv(9)).toBe(null)
      }
    },
  )

  test('linger of 0 seconds sends a reset', () => {
    const server = listener()
    const client = closing(new Socket())
    client.connect(server.getsockname())
    const [accepted] = server.accept()
    setOption(accepted, options.linger, { on: true, seconds: 0 })
    accepted.close()
    expect(() => client.recv(1)).toThrow(ConnectionResetError)
  })

  test('receiveTimeout ends a blocking call', () => {
    const socket = udp()
    setOption(socket, options.receiveTimeout, 20)
    fcntl(socket.fd, F_SETFL, 0) // the descriptor of a Socket is non-blocking
    // A completion of io_uring, which libuv uses, interrupts the call like a signal. signal(7)
    let result = -constants.errno.EINTR
    while (result === -constants.errno.EINTR) result = recv(socket.fd, Buffer.alloc(1), 0)
    expect(result).toBe(-constants.errno.EAGAIN)
  })
})

describe('sockets that Node owns', () => {
  test('net: a client, a server and an accepted socket', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    expect(getOption(server, options.listening)).toBe(true)
    const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
      [net.Socket],
      [],
    ]
    for (const socket of [client, accepted]) {
      setOption(socket, options.tcpUserTimeout, 5000)
      setOption(socket, options.linger, { on: true, seconds: 0 })
      expect(getOption(socket, options.tcpUserTimeout)).toBe(5000)
      expect(tcpInfo(socket).state).toBe('ESTABLISHED')
    }
    // A linger of 0 seconds sends a reset.
    client.destroy()
    expect(await once(accepted, 'error')).toEqual([expect.objectContaining({ code: 'ECONNRESET' })])
    await once(server.close(), 'close')
  })

  test('http: the socket of a live request, on both sides', async () => {
    const seen: TcpInfo[] = []
    const server = http.createServer((request, response) => {
      setOption(request.socket, options.tcpUserTimeout, 7000)
      expect(getOption(request.socket, options.tcpUserTimeout)).toBe(7000)
      seen.push(tcpInfo(request.socket))
      response.end('hello')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const request = http.get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    seen.push(tcpInfo(response.socket))
    response.resume()
    await once(response, 'end')
    await once(server.close(), 'close')
    expect(seen.map(({ state }) => state)).toEqual(['ESTABLISHED', expect.stringMatching(/^(ESTABLISHED|CLOSE-WAIT)$/)])
    expect(seen[1]!.bytesReceived).toBeGreaterThan(50)
    expect(seen[1]!.rtt).toBeGreaterThan(0)
  })

  test('tls: the underlying connection', async () => {
    const pskCallback = () => ({ psk: Buffer.alloc(16), identity: 'me' })
    const common = { ciphers: 'PSK', maxVersion: 'TLSv1.2' as const }
    const server = tls.createServer({ ...common, pskCallback: () => Buffer.alloc(16) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = tls.connect({
      ...common,
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      pskCallback,
      checkServerIdentity: () => undefined,
    })
    const [[accepted]] = (await Promise.all([once(server, 'secureConnection'), once(client, 'secureConnect')])) as [
      [tls.TLSSocket],
      [],
    ]
    for (const socket of [client, accepted]) {
      setOption(socket, options.keepAlive, true)
      expect(getOption(socket, options.keepAlive)).toBe(true)
      expect(tcpInfo(socket).bytesReceived).toBeGreaterThan(0)
    }
    client.destroy()
    accepted.destroy()
    await once(server.close(), 'close')
  })

  test('dgram: bound, and without a warning', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warned)
    const socket = dgram.createSocket('udp4')
    expect(() => getOption(socket, options.broadcast)).toThrow(/"socket" argument must be .*bound/)
    await once(socket.bind(0, '127.0.0.1'), 'listening')
    setOption(socket, options.broadcast, true)
    expect(getOption(socket, options.broadcast)).toBe(true)
    expect(getOption(socket, options.type)).toBe(getOption(udp(), options.type))
    await once(socket.close(), 'close')
    expect(() => getOption(socket, options.broadcast)).toThrow(TypeError)
    await new Promise(setImmediate)
    process.off('warning', warned)
    expect(warnings).toEqual([])
  })

  test('are refused before they are connected or listening, and after destroy', () => {
    const message = /"socket" argument must be connected, bound or listening, and not destroyed/
    expect(() => tcpInfo(new net.Socket())).toThrow(message)
    expect(() => getOption(net.createServer(), options.listening)).toThrow(message)
    const connecting = net.connect(9, '127.0.0.1').on('error', () => undefined)
    connecting.destroy()
    expect(() => tcpInfo(connecting)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  })
})

describe('descriptors', () => {
  test('are accepted as numbers', () => {
    expect(getOption(tcp().fd, options.tcpNoDelay)).toBe(false)
    expect(() => getOption(-1, options.tcpNoDelay)).toThrow(RangeError)
    expect(() => getOption(null as never, options.tcpNoDelay)).toThrow(TypeError)
    expect(() => getOption({} as never, options.tcpNoDelay)).toThrow(TypeError)
  })

  test('that are closed are EBADF', () => {
    const socket = new Socket()
    socket.close()
    expect(() => tcpInfo(socket)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'getsockopt' }))
    expect(() => setOption(socket, options.tcpNoDelay, true)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  })

  test('that are not sockets are ENOTSOCK, with the option', () => {
    const file = openSync('/dev/null', 'r')
    expect(() => getOption(file, options.type)).toThrow('getsockopt ENOTSOCK SO_TYPE')
    closeSync(file)
  })
})

describe('tcpInfo', () => {
  test('counts the bytes of a connection', () => {
    const server = listener()
    const client = closing(new Socket(AF_INET, SOCK_STREAM))
    expect(tcpInfo(client).state).toBe('CLOSED')
    expect(tcpInfo(server).state).toBe('LISTEN')
    client.connect(server.getsockname())
    const accepted = closing(server.accept()[0])
    client.sendall(Buffer.alloc(1000))
    for (let left = 1000; left > 0;) left -= accepted.recv(left).length
    const sender = tcpInfo(client)
    const receiver = tcpInfo(accepted)
    expect([sender.bytesSent, receiver.bytesReceived, sender.segmentsRetransmitted]).toEqual([1000, 1000, 0])
    expect(sender.congestionWindow).toBeGreaterThan(sender.maxSegment)
    expect(sender.slowStartThreshold).toBe(Infinity)
    expect(sender.rtt).toBeGreaterThan(0)
    expect(sender.rtt).toBeLessThan(1000)
    expect(sender.sendWindow).toBe(receiver.receiveWindow)
    accepted.close()
    expect(tcpInfo(client).state).toBe('CLOSE-WAIT')
  })

  test.runIf(TCP_INFO !== undefined)('has in `raw` the fields that the kernel knows, under their own names', () => {
    const { raw } = tcpInfo(tcp())
    const { rtt, state, pacingRate, maxPacingRate, sndWscale, rcvWscale, options: flags } = raw as LinuxTcpInfo
    expect({ state, maxPacingRate }).toEqual({ state: 1, maxPacingRate: Infinity })
    expect(flags & 4 ? [sndWscale, rcvWscale].every(scale => scale > 0 && scale < 15) : true).toBe(true)
    expect(rtt).toBeGreaterThan(0)
    expect(pacingRate).toBeGreaterThan(0)
    // An older kernel returns fewer bytes.
    const bytes = tcp().getsockopt(IPPROTO_TCP, TCP_INFO!, 104)
    const older = options.tcpInfo.codec.decode(bytes, -1)
    expect(older.raw).not.toHaveProperty('pacingRate')
    expect([older.bytesSent, older.raw.rto > 0]).toEqual([undefined, true])
  })

  test.runIf(TCP_INFO !== undefined)('agrees with Python', () => {
    const socket = tcp()
    const script = 'import socket; print(socket.socket(fileno=3).getsockopt(6, 11, 104).hex())'
    const { stdout } = spawnSync('python3', ['-c', script], {
      stdio: ['ignore', 'pipe', 'pipe', socket.fd],
      encoding: 'utf8',
    })
    if (!python) return console.log('not compared: no python3 here')
    const info = Buffer.from(stdout.trim(), 'hex')
    const raw = tcpInfo(socket).raw as LinuxTcpInfo
    expect([info.readUInt32LE(16), info.readUInt32LE(68), info.readUInt32LE(80)]).toEqual([
      raw.sndMss,
      raw.rtt,
      raw.sndCwnd,
    ])
  })
})

describe('peerCredentials', () => {
  test('of a pair are those of this process', () => {
    const mine = { pid: process.pid, uid: process.geteuid?.(), gid: process.getegid?.() }
    expect(peerCredentials(unix())).toEqual(mine)
    expect(getOption(unix(), options.peerCredentials)).toEqual(mine)
  })

  test.runIf(python)('of another process are those of that process', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'options-')), 'socket')
    using server = new Socket(AF_UNIX)
    server.bind(path)
    server.listen()
    const privileged = linux && process.geteuid?.() === 0
    const script = [
      'import os, socket, sys',
      privileged ? 'os.setgroups([7, 8]); os.setgid(1234); os.setuid(4321)' : '',
      's = socket.socket(socket.AF_UNIX)',
      's.connect(sys.argv[1])',
      's.recv(1)',
    ]
    chmodSync(dirname(path), 0o755)
    chmodSync(path, 0o777)
    const peer = spawn('python3', ['-c', script.join('\n'), path], { stdio: 'inherit' })
    server.settimeout(10_000)
    const [client] = server.accept()
    expect(peerCredentials(client)).toEqual({
      pid: peer.pid,
      uid: privileged ? 4321 : process.geteuid?.(),
      gid: privileged ? 1234 : process.getegid?.(),
    })
    if (privileged) expect(getOption(client, options.peerGroups)).toEqual([7, 8])
    client.close()
    await once(peer, 'exit')
    rmSync(dirname(path), { recursive: true })
  })
})

test('types', () => {
  expectTypeOf(options.linger).toEqualTypeOf<SockOpt<Linger>>()
  expectTypeOf(options.tcpInfo).toEqualTypeOf<ReadableSockOpt<TcpInfo>>()
  expectTypeOf(options.receiveTimeout).toEqualTypeOf<SockOpt<number | null>>()
  expectTypeOf(options.tcpNoDelay).toEqualTypeOf<SockOpt<boolean>>()
  expectTypeOf(options.cookie).toEqualTypeOf<ReadableSockOpt<bigint>>()
  expectTypeOf(options.ipAddMembership).toEqualTypeOf<WritableSockOpt<Membership>>()
  expectTypeOf(tcpInfo).returns.toEqualTypeOf<TcpInfo>()
  expectTypeOf(peerCredentials).returns.toEqualTypeOf<PeerCredentials>()
  expectTypeOf(getOption<Linger>).returns.toEqualTypeOf<Linger>()
  expectTypeOf(getOption).parameter(0).toEqualTypeOf<SocketOrFd>()
  expectTypeOf<
    net.Socket | net.Server | tls.TLSSocket | tls.Server | http.Server | dgram.Socket | Socket | number
  >().toExtend<SocketOrFd>()

  // Calls that do not compile. The function is never called.
  const misuse = (socket: Socket): unknown[] => [
    // @ts-expect-error it cannot be set
    setOption(socket, options.tcpInfo, {}),
    // @ts-expect-error it cannot be read
    getOption(socket, options.ipAddMembership),
    // @ts-expect-error it is a boolean
    setOption(socket, options.tcpNoDelay, 1),
    // @ts-expect-error a property is missing
    setOption(socket, options.linger, { on: true }),
    // @ts-expect-error no such property
    setOption(socket, options.linger, { on: true, seconds: 1, minutes: 2 }),
    // @ts-expect-error a string is not a socket
    getOption('socket', options.linger),
  ]
  expect(misuse).toBeTypeOf('function')
})

test('the example prints the options of a live request', () => {
  const program = join(root, 'build/programs/examples/http-socket-options.js')
  const { stdout, stderr, status } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 20_000 })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  expect(stdout).toMatch(/TCP_USER_TIMEOUT.*'5000 ms'/)
  expect(stdout).toMatch(/state.*'ESTABLISHED'/)
  expect(stdout).toMatch(/round-trip time.*'[\d.]+ ms'/)
})
