import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as sockets from 'bsd-sockets'
import { describe, expect, test } from 'vitest'
import { root } from './support/root.js'

interface Row {
  readonly name: string
  readonly value?: string
}

const load = createRequire(import.meta.url)('node-gyp-build') as (directory: string) => typeof native
const native: {
  constant(name: string): number | undefined
  constants(): Readonly<Record<string, number>>
} = load(root)
const generator = join(root, 'scripts/generate-constants.js')
const { readBlocks } = (await import(generator)) as { readBlocks: () => Readonly<Record<string, readonly Row[]>> }
const blocks = readBlocks()
const darwin = process.platform === 'darwin'
const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
const glibc = header.glibcVersionRuntime === undefined ? [] : ['GLIBC']
const system = ['POSIX', 'PROTOCOL', ...(darwin ? ['DARWIN', 'DARWIN_KERNEL'] : ['LINUX', 'LINUX_KERNEL', ...glibc])]
const rows = (names: readonly string[]): readonly Row[] => names.flatMap(name => blocks[name] ?? [])
const exported: Readonly<Record<string, unknown>> = { ...sockets }

describe('the table', () => {
  test.each(Object.entries(blocks))('block %s is sorted and has each name once', (_, block) => {
    const names = block.map(row => row.name)
    expect(names).toEqual([...new Set(names)].sort())
  })

  test.each([
    ['Linux', ['POSIX', 'PROTOCOL', 'LINUX', 'LINUX_KERNEL', 'GLIBC']],
    ['Darwin', ['POSIX', 'PROTOCOL', 'DARWIN', 'DARWIN_KERNEL']],
  ])('no name is in two blocks of %s', (_, names) => {
    const all = rows(names).map(row => row.name)
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([])
  })

  test('src/constants.ts is the output of the generator', () => {
    const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

describe('this system', () => {
  const names = rows(system).map(row => row.name)

  test('the addon has exactly the constants of its blocks', () => {
    expect(Object.keys(native.constants()).sort()).toEqual([...names].sort())
  })

  test('each is a safe integer, exported with its value', () => {
    const wrong = names.filter(
      name => exported[name] !== native.constant(name) || !Number.isSafeInteger(exported[name]),
    )
    expect(wrong).toEqual([])
  })

  test('those of other systems are exported too, and undefined', () => {
    const others = rows(Object.keys(blocks)).filter(row => !names.includes(row.name))
    expect(others.length).toBeGreaterThan(0)
    expect(others.filter(({ name }) => !(name in exported) || exported[name] !== undefined)).toEqual([])
  })
})

// Constants that a block has by number are compared with the headers of this machine, if these have the name. Headers of the
// C library and of the kernel cannot be included together.
describe('numbers that are not read from headers', () => {
  const compiler = process.env.CC ?? 'cc'
  const version = spawnSync(compiler, ['--version'], { encoding: 'utf8' })
  const found = version.status === 0
  const flags = [
    '-std=gnu11',
    '-fsyntax-only',
    version.stdout?.includes('clang') ? '-ferror-limit=0' : '-fmax-errors=0',
  ]
  if (!found) console.log(`numbers are not compared with headers: no ${compiler} here`)
  const numbered = rows(['PROTOCOL', darwin ? 'DARWIN_KERNEL' : 'LINUX_KERNEL'])

  const library =
    'net/ethernet.h net/if.h netdb.h netinet/icmp6.h netinet/in.h netinet/ip_icmp.h netinet/tcp.h netinet/tcp_fsm.h ' +
    'netinet/udp.h netpacket/packet.h poll.h sys/epoll.h sys/event.h sys/ioctl.h sys/socket.h sys/un.h'
  const linux =
    'time.h linux/mptcp.h asm/ioctls.h asm/socket.h linux/can.h linux/can/bcm.h linux/can/isotp.h linux/can/j1939.h ' +
    'linux/can/raw.h linux/errqueue.h linux/eventpoll.h linux/filter.h linux/genetlink.h linux/icmp.h ' +
    'linux/if_addr.h linux/if_alg.h linux/if_ether.h linux/if_link.h linux/if_packet.h linux/if_pppox.h ' +
    'linux/if_xdp.h linux/in.h linux/in6.h linux/kcm.h linux/neighbour.h linux/net_tstamp.h linux/netfilter_ipv4.h ' +
    'linux/netlink.h linux/qrtr.h linux/rds.h linux/rtnetlink.h linux/sctp.h linux/sock_diag.h linux/socket.h ' +
    'linux/sockios.h linux/tcp.h linux/tipc.h linux/tls.h linux/udp.h linux/vm_sockets.h'
  const macos = 'net/if_utun.h sys/event.h sys/kern_control.h sys/socket.h sys/sys_domain.h sys/vsock.h'

  /** The names that have another number in these headers, and the names that these lack. */
  function compare(headers: string): { wrong: string[]; unknown: Set<string> } {
    // Each assertion is in a file of its own name, so that an error message has the name.
    const source = [
      '#define _GNU_SOURCE',
      '#define __APPLE_USE_RFC_3542',
      ...headers.split(' ').map(header => `#if __has_include(<${header}>)\n#include <${header}>\n#endif`),
      ...numbered.map(({ name, value }) => `#line 1 "${name}"\n_Static_assert((${name}) == (${value}), "");`),
    ]
    const options = { encoding: 'utf8', input: source.join('\n'), env: { ...process.env, LC_ALL: 'C' } } as const
    const { stderr } = spawnSync(compiler, [...flags, '-xc', '-'], options)
    const complaints = [...stderr.matchAll(/^(\w+):1:\d+: error: (.*)$/gm)].map(([, name, text]) => ({ name, text }))
    const wrong = complaints.filter(({ text }) => /static[ _]assert(ion)? failed/.test(text!)).map(({ name }) => name!)
    return { wrong, unknown: new Set(complaints.map(({ name }) => name!)) }
  }

  test.skipIf(!found)('agree with the headers of the C library and of the kernel', () => {
    const compared = [compare(library), compare(darwin ? macos : linux)]
    expect(compared.flatMap(({ wrong }) => wrong)).toEqual([])
    const known = numbered.filter(({ name }) => compared.some(({ unknown }) => !unknown.has(name)))
    expect(known.length).toBeGreaterThan(60)
  })
})

// This package has every constant of Python's modules socket and select.
describe('python', () => {
  // The constants of Python that this package lacks, and why.
  const exceptions: Readonly<Record<string, string>> = {
    EAGAIN: 'errno, in os.constants.errno',
    EBADF: 'errno, in os.constants.errno',
    EWOULDBLOCK: 'errno, in os.constants.errno',
    ...(darwin && {
      MSG_NOSIGNAL: 'ignored by older supported systems; SO_NOSIGPIPE works on all',
      SO_BINDTODEVICE: 'rejected by older supported systems; IP_BOUND_IF works on all',
    }),
  }

  interface Python {
    readonly executable: string
    readonly constants: Readonly<Record<string, number>>
  }
  const script = join(root, 'test/python/constants.py')
  const pythons = new Map<string, Python['constants']>()
  for (const command of ['python3', '/usr/bin/python3', 'python3.12', 'python3.13', 'python3.14']) {
    const { status, stdout } = spawnSync(command, [script], { encoding: 'utf8' })
    if (status !== 0) continue
    const { executable, constants } = JSON.parse(stdout) as Python
    pythons.set(executable, constants)
  }
  if (pythons.size === 0) console.log('names and values are not compared with Python: no python3 here')

  test.skipIf(pythons.size === 0).each([...pythons])('%s has no constant that this package lacks', (_, constants) => {
    const differences = Object.entries(constants)
      .filter(([name, value]) => !(name in exceptions) && exported[name] !== value)
      .map(([name, value]) => ({ name, python: value, here: exported[name] }))
    expect(differences).toEqual([])
    expect(Object.keys(constants).length).toBeGreaterThan(200)
  })
})
