// Names and numbers of hosts, services, protocols and interfaces, compared with Python.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AI_NUMERICHOST,
  AI_PASSIVE,
  GaiError,
  getaddrinfo,
  getfqdn,
  gethostbyaddr,
  gethostbyname,
  gethostbynameEx,
  gethostname,
  getnameinfo,
  getprotobyname,
  getservbyname,
  getservbyport,
  htonl,
  htons,
  if_indextoname,
  if_nameindex,
  if_nametoindex,
  inet_aton,
  inet_ntoa,
  inet_ntop,
  inet_pton,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  NI_DGRAM,
  NI_NAMEREQD,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
  ntohl,
  ntohs,
  sethostname,
  SOCK_DGRAM,
  SOCK_STREAM,
} from 'bsd-sockets'
import * as names from 'bsd-sockets/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { inline, script } from '../support/child.js'
import { thrown } from '../support/tcp.js'
import { tool } from '../support/tools.js'
import { root } from '../support/root.js'

/** The result of a call, also of a promise, or the code of its error. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

describe('getaddrinfo', () => {
  const port = 7

  test('resolves numeric addresses', () => {
    expect(getaddrinfo('127.0.0.1', port, { type: SOCK_STREAM })).toEqual([
      {
        family: AF_INET,
        type: SOCK_STREAM,
        protocol: IPPROTO_TCP,
        canonname: '',
        address: { family: 'IPv4', address: '127.0.0.1', port },
      },
    ])
    expect(getaddrinfo('::1', String(port), { type: SOCK_DGRAM })).toMatchObject([
      { family: AF_INET6, protocol: IPPROTO_UDP, address: { family: 'IPv6', address: '::1', port } },
    ])
  })

  test('finds every socket type by default, and one with a hint', () => {
    const types = (hints?: object) => new Set(getaddrinfo('127.0.0.1', null, hints).map(({ type }) => type))
    expect(types().size).toBeGreaterThan(1)
    expect(types({ type: SOCK_DGRAM })).toEqual(new Set([SOCK_DGRAM]))
  })

  test('of null is the loopback address, and the wildcard address with AI_PASSIVE', () => {
    const of = (flags: number) =>
      getaddrinfo(null, port, { family: AF_INET, type: SOCK_STREAM, flags }).map(({ address }) => address)
    expect(of(0)).toEqual([{ family: 'IPv4', address: '127.0.0.1', port }])
    expect(of(AI_PASSIVE)).toEqual([{ family: 'IPv4', address: '0.0.0.0', port }])
  })

  test('resolves service names', () => {
    const [info] = getaddrinfo('127.0.0.1', 'http', { type: SOCK_STREAM })
    expect(info!.address).toMatchObject({ port: 80 })
  })

  test('resolves the scope of an IPv6 address', () => {
    const [[index, name]] = if_nameindex() as [[number, string]]
    const [info] = getaddrinfo(`fe80::1%${name}`, null, { type: SOCK_STREAM })
    expect(info!.address).toMatchObject({ family: 'IPv6', address: 'fe80::1', scopeid: index })
  })

  test('accepts a name beyond ASCII', () => {
    const error = thrown(() => getaddrinfo('bücher.invalid', null))
    expect(error).toBeInstanceOf(GaiError)
    expect(error).toMatchObject({ syscall: 'getaddrinfo', hostname: 'bücher.invalid' })
  })

  test.each([
    ['a name with AI_NUMERICHOST', 'localhost', null, { flags: AI_NUMERICHOST }, 'EAI_NONAME'],
    ['neither host nor service', null, null, {}, 'EAI_NONAME'],
    ['an unknown service', '127.0.0.1', 'no-such-service', {}, 'EAI_SERVICE'],
    ['the family AF_UNIX', '127.0.0.1', null, { family: AF_UNIX }, 'EAI_FAMILY'],
    ['an unknown socket type', '127.0.0.1', null, { type: 1000 }, 'EAI_SOCKTYPE'],
  ])('fails for %s, blocking and by a promise', async (_, host, service, hints, code) => {
    const errors = [
      thrown(() => getaddrinfo(host, service, hints)),
      await names.getaddrinfo(host, service, hints).catch((error: unknown) => error),
    ]
    for (const error of errors) {
      expect(error).toBeInstanceOf(GaiError)
      expect(error).toMatchObject({ name: 'GaiError', code, syscall: 'getaddrinfo' })
      expect((error as GaiError).errno).not.toBe(0)
    }
  })

  test.each([
    ['host', [5, null]],
    ['host', ['a\0b', null]],
    ['service', ['127.0.0.1', 65536]],
    ['service', ['127.0.0.1', 'http\0']],
    ['family', ['127.0.0.1', null, { family: -1 }]],
    ['flags', ['127.0.0.1', null, { flags: 0.5 }]],
  ])('the error of a wrong %s names it: %j', async (name, values) => {
    const expected = { code: expect.stringMatching(/^ERR_/), message: expect.stringContaining(name) }
    expect(thrown(() => getaddrinfo(...(values as [string, null])))).toMatchObject(expected)
    await expect(names.getaddrinfo(...(values as [string, null]))).rejects.toMatchObject(expected)
  })
})

describe('getnameinfo', () => {
  const numeric = NI_NUMERICHOST | NI_NUMERICSERV

  test.each([
    [['127.0.0.1', 80], numeric, ['127.0.0.1', '80']],
    [['::1', 80], numeric, ['::1', '80']],
    [['127.0.0.1', 53], NI_NUMERICHOST | NI_DGRAM, ['127.0.0.1', 'domain']],
    [['127.0.0.1', 80], NI_NUMERICHOST, ['127.0.0.1', 'http']],
    [['127.0.0.1', 80], NI_NUMERICSERV, ['localhost', '80']],
  ] as const)('of %j with flags %i is %j', async (address, flags, expected) => {
    expect(getnameinfo(address, flags)).toEqual(expected)
    expect(await names.getnameinfo(address, flags)).toEqual(expected)
  })

  test('fails with NI_NAMEREQD where there is no name', async () => {
    const expected = { name: 'GaiError', code: 'EAI_NONAME', syscall: 'getnameinfo' }
    expect(thrown(() => getnameinfo(['0.0.0.1', 1], NI_NAMEREQD))).toMatchObject(expected)
    await expect(names.getnameinfo(['0.0.0.1', 1], NI_NAMEREQD)).rejects.toMatchObject(expected)
  })

  test('refuses host names', async () => {
    expect(() => getnameinfo(['localhost', 1])).toThrow(TypeError)
    await expect(names.getnameinfo(['localhost', 1])).rejects.toThrow(TypeError)
    await expect(names.getnameinfo(['127.0.0.1', 1], 0.5)).rejects.toThrow(RangeError)
  })
})

describe('hosts', () => {
  const both = [
    ['bsd-sockets', { getfqdn, gethostbyaddr, gethostbyname, gethostbynameEx }],
    ['bsd-sockets/promises', names],
  ] as const

  test.each(both)('a numeric address is returned as it is: %s', async (_, { gethostbyname }) => {
    for (const address of ['127.0.0.1', '10.0.0.1', '255.255.255.255']) {
      expect(await gethostbyname(address)).toBe(address)
    }
    expect(await gethostbyname('')).toBe('0.0.0.0')
  })

  test.each(both)('invalid addresses are not found: %s', async (_, { gethostbyaddr, gethostbyname }) => {
    for (const name of ['0.1.1.~1', '1+.1.1.1', '::1q', '::1::2', '1:1:1:1:1:1:1:1:1']) {
      expect(await outcome(() => gethostbyname(name))).toMatch(/^EAI_/)
      expect(await outcome(() => gethostbyaddr(name))).toMatch(/^EAI_/)
    }
    expect(await outcome(() => gethostbyname('::1'))).toMatch(/^EAI_/) // gethostbyname is for IPv4 only
  })

  test.each(both)('gethostbyaddr returns the addresses of the host: %s', async (_, { gethostbyaddr }) => {
    const [, , addresses] = await gethostbyaddr('127.0.0.1')
    expect(addresses).toContain('127.0.0.1')
  })

  test.each(both)(
    'a wrong name is refused: %s',
    async (_, { getfqdn, gethostbyaddr, gethostbyname, gethostbynameEx }) => {
      for (const call of [getfqdn, gethostbyaddr, gethostbyname, gethostbynameEx]) {
        expect(await outcome(() => call(5 as never))).toBe('ERR_INVALID_ARG_TYPE')
        expect(await outcome(() => call('local\0host'))).toBe('ERR_INVALID_ARG_VALUE')
      }
    },
  )

  test.each(both)('getfqdn returns its argument where there is no fully qualified name: %s', async (_, { getfqdn }) => {
    expect(await getfqdn('no-such-host.invalid')).toBe('no-such-host.invalid')
    expect(await getfqdn('0.0.0.1')).toBe('0.0.0.1')
  })

  test('the machine has a name', () => {
    expect(gethostname()).toBe(hostname())
    expect([getfqdn(), getfqdn('0.0.0.0'), getfqdn('::')]).toEqual(Array(3).fill(getfqdn(gethostname())))
  })

  test('a lookup can be aborted', async () => {
    const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
      signal => names.getaddrinfo('localhost', null, { signal }),
      signal => names.getnameinfo(['127.0.0.1', 1], 0, { signal }),
      signal => names.gethostbyname('localhost', { signal }),
      signal => names.gethostbynameEx('localhost', { signal }),
      signal => names.gethostbyaddr('127.0.0.1', { signal }),
      signal => names.getfqdn('localhost', { signal }),
    ]
    for (const call of calls) {
      const controller = new AbortController()
      const aborted = expect(call(controller.signal)).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' })
      controller.abort('enough')
      await aborted
      await expect(call(AbortSignal.abort('before'))).rejects.toMatchObject({ name: 'AbortError', cause: 'before' })
    }
  })
})

// A mount namespace replaces /etc/hosts. hosts(5)
describe('with another /etc/hosts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-hosts-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'hosts')
  const aliases = Array.from({ length: 120 }, (_, i) => `alias-number-${i}.example.test`)
  writeFileSync(
    file,
    `127.0.0.1 localhost
127.9.9.9 short whole.example.test other
127.8.8.8 many ${aliases.join(' ')}
::9 six.example.test sixth
`,
  )
  const inNamespace = (...command: string[]) => {
    const setUp = `mount --bind ${file} /etc/hosts && exec "$@"`
    return spawnSync('unshare', ['-m', 'sh', '-c', setUp, '-', ...command], { cwd: root, encoding: 'utf8' })
  }
  const possible = inNamespace('true').status === 0
  const python = possible && tool('python3')
  if (!possible) console.warn('skipped: no mount namespace can be made here')

  const ask = (program: string): unknown => {
    const { status, stdout, stderr } = inNamespace(process.execPath, ...inline(program))
    expect(stderr).toBe('')
    expect(status).toBe(0)
    return JSON.parse(stdout)
  }

  const questions = `
    gethostbyname: ['short', 'whole.example.test', 'other', '127.9.9.9', 'nowhere.invalid'],
    gethostbyname_ex: ['short', 'other', 'many', '127.9.9.9', 'sixth', 'nowhere.invalid'],
    gethostbyaddr: ['127.9.9.9', '127.8.8.8', '::9', 'other', '127.7.7.7'],
    getfqdn: ['short', '127.9.9.9', 'other', 'localhost', '::9', 'sixth', 'nowhere.invalid'],`

  const program = (module: string): string => `
    import * as names from '${module}'
    const answers = {}
    for (const [name, hosts] of Object.entries({ ${questions} }))
      for (const host of hosts)
        try { answers[name + ' ' + host] = await names[name.replace('_ex', 'Ex')](host) }
        catch (error) { answers[name + ' ' + host] = null }
    console.log(JSON.stringify(answers))`

  test.skipIf(!python)('the answers for names and addresses are those of Python', () => {
    const pythonProgram = `
import json, socket
answers = {}
for name, hosts in {${questions.replaceAll(/(\w+):/g, '"$1":')}}.items():
    for host in hosts:
        try: answers[name + ' ' + host] = getattr(socket, name)(host)
        except OSError: answers[name + ' ' + host] = None
print(json.dumps(answers))`
    const { stdout, stderr } = inNamespace('python3', '-c', pythonProgram)
    expect(stderr).toBe('')
    const expected = JSON.parse(stdout) as Record<string, unknown>
    expect(expected['gethostbyname_ex short']).toEqual(['short', ['whole.example.test', 'other'], ['127.9.9.9']])
    expect(expected['gethostbyaddr ::9']).toEqual(['six.example.test', ['sixth'], ['::9']])
    expect(expected['getfqdn short']).toBe('whole.example.test')
    expect((expected['gethostbyname_ex many'] as string[][])[1]).toHaveLength(aliases.length)
    expect(ask(program('bsd-sockets'))).toEqual(expected)
    expect(ask(program('bsd-sockets/promises'))).toEqual(expected)
  })
})

// A mount namespace replaces /etc/services. services(5)
describe('with another /etc/services', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-services-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'services')
  const name = 'a-name'.repeat(40)
  writeFileSync(file, `${name} 7007/tcp\n`)
  const inNamespace = (...command: string[]) =>
    spawnSync('unshare', ['-m', 'sh', '-c', `mount --bind ${file} /etc/services && exec "$@"`, '-', ...command], {
      cwd: root,
      encoding: 'utf8',
    })
  const possible = inNamespace('true').status === 0
  if (!possible) console.warn('skipped: no mount namespace can be made here')

  test.skipIf(!possible)('a long name is not cut off', () => {
    const program = `import * as C from 'bsd-sockets'
      console.log(C.getservbyport(7007), C.getservbyname('${name}', 'tcp'))`
    expect(inNamespace(process.execPath, ...inline(program)).stdout).toBe(`${name} 7007\n`)
  })
})

describe('sethostname', () => {
  const own = `
    import { gethostname, sethostname } from 'bsd-sockets'
    sethostname('another')
    console.log(gethostname())
    try { sethostname('x'.repeat(65)) } catch (error) { console.log(error.message) }`
  const namespace = ['--uts', process.execPath, ...inline(own)]
  const { status, stdout } = spawnSync('unshare', namespace, { cwd: root, encoding: 'utf8' })
  if (status !== 0) console.warn('skipped: no UTS namespace can be made here')

  test.skipIf(status !== 0)('sets the host name, in a UTS namespace', () => {
    expect(stdout).toBe('another\nsethostname EINVAL\n')
    expect(gethostname()).not.toBe('another')
  })

  test('needs a privilege', async () => {
    if (process.getuid!() !== 0) {
      expect(() => sethostname(hostname())).toThrow('sethostname EPERM')
      return
    }
    const dropped = `process.setuid(65534)\nimport { sethostname } from 'bsd-sockets'
      try { sethostname('x') } catch (error) { console.log(error.name, error.message) }`
    expect(await script(dropped).finished()).toBe('PermissionError sethostname EPERM\n')
  })

  test('refuses an invalid name', () => {
    expect(thrown(() => sethostname(5 as never))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    expect(thrown(() => sethostname('a\0b'))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
  })
})

describe('services and protocols', () => {
  test('a service of both TCP and UDP, by name and by port', () => {
    const port = getservbyname('domain', 'tcp')
    expect(port).toBe(53)
    expect([getservbyname('domain'), getservbyname('domain', 'udp')]).toEqual([port, port])
    expect([getservbyport(port), getservbyport(port, 'tcp'), getservbyport(port, 'udp')]).toEqual(
      Array(3).fill('domain'),
    )
  })

  test('protocols have the numbers of their constants', () => {
    expect(['icmp', 'tcp', 'udp'].map(getprotobyname)).toEqual([IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP])
    expect(getprotobyname('TCP')).toBe(IPPROTO_TCP) // an alias in protocols(5)
  })

  test.each([
    ['getservbyname', 'no-such-service', () => getservbyname('no-such-service')],
    ['getservbyname', 'domain', () => getservbyname('domain', 'no-such-protocol')],
    ['getservbyport', '0', () => getservbyport(0)],
    ['getprotobyname', 'no-such-protocol', () => getprotobyname('no-such-protocol')],
  ])('%s fails with EAI_NONAME for an unknown name: %s', (syscall, name, call) => {
    const error = thrown(call)
    expect(error).toBeInstanceOf(GaiError)
    expect(error).toMatchObject({ code: 'EAI_NONAME', message: `${syscall} EAI_NONAME ${name}`, hostname: name })
  })

  test.each([
    ['port', () => getservbyport(-1)],
    ['port', () => getservbyport(65536)],
    ['port', () => getservbyport('53' as never)],
    ['name', () => getservbyname(53 as never)],
    ['name', () => getservbyname('do\0main')],
    ['protocol', () => getservbyname('domain', 6 as never)],
    ['name', () => getprotobyname(6 as never)],
  ])('the error of a wrong %s names it', (name, call) => {
    expect(thrown(call)).toMatchObject({ code: expect.stringMatching(/^ERR_/), message: expect.stringContaining(name) })
  })

  test('threads that call at the same time each get their own answer', async () => {
    const program = `
      import { Worker, isMainThread, parentPort } from 'node:worker_threads'
      import { getprotobyname, getservbyname, getservbyport, gethostbynameEx } from 'bsd-sockets'
      const expected = [['domain', 53], ['http', 80], ['https', 443], ['ssh', 22]]
      for (let i = 0; i < 2000; i++) {
        const [name, port] = expected[i % expected.length]
        if (getservbyname(name, 'tcp') !== port || getservbyport(port, 'tcp') !== name) throw new Error(name)
        if (getprotobyname('udp') !== 17 || getprotobyname('tcp') !== 6) throw new Error('protocol')
        if (gethostbynameEx('127.0.0.1')[2][0] !== '127.0.0.1') throw new Error('host')
      }`
    const worker = `data:text/javascript,${encodeURIComponent(program.replaceAll(`'bsd-sockets'`, `'${import.meta.resolve('bsd-sockets')}'`))}`
    const main = `import { Worker } from 'node:worker_threads'
      const url = new URL(process.argv.at(-1))
      for (let i = 0; i < 4; i++) new Worker(url)`
    expect(await script(main, worker).finished()).toBe('')
  })
})

describe('interfaces', () => {
  test('each has an index and a name, which convert into each other', () => {
    const interfaces = if_nameindex()
    expect(interfaces.length).toBeGreaterThan(0)
    for (const [index, name] of interfaces) {
      expect(index).toBeGreaterThan(0)
      expect(if_nametoindex(name)).toBe(index)
      expect(if_indextoname(index)).toBe(name)
    }
  })

  test('an unknown one is an error', () => {
    expect(() => if_nametoindex('_DEADBEEF')).toThrow('if_nametoindex ENODEV')
    expect(() => if_indextoname(0)).toThrow('if_indextoname ENXIO')
    expect(() => if_indextoname(2 ** 32 - 1)).toThrow('if_indextoname ENXIO')
    expect(() => if_indextoname(-1)).toThrow(RangeError)
    expect(() => if_indextoname(2 ** 32 + 1)).toThrow(RangeError)
    expect(() => if_indextoname('_DEADBEEF' as never)).toThrow(TypeError)
    expect(() => if_nametoindex(0 as never)).toThrow(TypeError)
  })
})

describe('addresses in text form', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

  test.each([
    ['0.0.0.0', '00000000'],
    ['255.0.255.0', 'ff00ff00'],
    ['170.170.170.170', 'aaaaaaaa'],
    ['1.2.3.4', '01020304'],
    ['255.255.255.255', 'ffffffff'],
  ])('%s is four bytes', (text, bytes) => {
    expect(inet_aton(text)).toEqual(hex(bytes))
    expect(inet_pton(AF_INET, text)).toEqual(hex(bytes))
    expect(inet_ntoa(hex(bytes))).toBe(text)
    expect(inet_ntop(AF_INET, hex(bytes))).toBe(text)
  })

  test.each(['0.0.0.', '300.0.0.0', 'a.0.0.0', '1.2.3.4.5', '::1', '1.2.3.4 5', ''])('%j is no IPv4 address', text => {
    expect(thrown(() => inet_pton(AF_INET, text))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    if (!text.includes(' ')) expect(thrown(() => inet_aton(text))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('only inet_aton accepts short, hexadecimal and octal forms', () => {
    expect(['127.1', '0x7f000001', '0177.0.0.1'].map(inet_aton)).toEqual(Array(3).fill(hex('7f000001')))
    expect(() => inet_pton(AF_INET, '127.1')).toThrow(TypeError)
  })

  test.each([
    ['::', '0000 0000 0000 0000 0000 0000 0000 0000', '::'],
    ['0::0', '0000 0000 0000 0000 0000 0000 0000 0000', '::'],
    ['1::', '0001 0000 0000 0000 0000 0000 0000 0000', '1::'],
    [
      '45ef:76cb:1a:56ef:afeb:bac:1924:aeae',
      '45ef 76cb 001a 56ef afeb 0bac 1924 aeae',
      '45ef:76cb:1a:56ef:afeb:bac:1924:aeae',
    ],
    ['ad42:abc::127:0:254:2', 'ad42 0abc 0000 0000 0127 0000 0254 0002', 'ad42:abc::127:0:254:2'],
    ['::254.42.23.64', '0000 0000 0000 0000 0000 0000 fe2a 1740', '::254.42.23.64'],
    ['42::a29b:254.42.23.64', '0042 0000 0000 0000 0000 a29b fe2a 1740', '42::a29b:fe2a:1740'],
    ['::ffff:1.2.3.4', '0000 0000 0000 0000 0000 ffff 0102 0304', '::ffff:1.2.3.4'],
  ])('%s is sixteen bytes', (text, bytes, shortest) => {
    expect(inet_pton(AF_INET6, text)).toEqual(hex(bytes))
    expect(inet_ntop(AF_INET6, hex(bytes))).toBe(shortest)
  })

  test.each([
    '0x20::',
    ':::',
    '::0::',
    '1::abc::',
    '1:2:3:4:5:6',
    '1:2:3:4:5:6:7:8:0',
    '1:2:3:4:5:6:7:8:',
    '255.254.253.252',
    '1::260.2.3.0',
    '::1.2.3.4:0',
    '::1%lo',
  ])('%s is no IPv6 address', text => {
    expect(thrown(() => inet_pton(AF_INET6, text))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('other lengths and families are refused', () => {
    expect(() => inet_ntoa(Buffer.alloc(3))).toThrow('must have 4 bytes')
    expect(() => inet_ntop(AF_INET6, Buffer.alloc(17))).toThrow('must have 16 bytes')
    expect(() => inet_ntop(AF_UNIX, Buffer.alloc(4))).toThrow('must be AF_INET or AF_INET6')
    expect(() => inet_pton(AF_UNIX, '1.2.3.4')).toThrow('must be AF_INET or AF_INET6')
    expect(() => inet_ntoa('abcd' as never)).toThrow(TypeError)
  })
})

describe('byte order', () => {
  const values = [0, 1, 0xffff, 0x1234, 0xfeed]

  test('is big-endian, and converts back', () => {
    const bytes = Buffer.alloc(4)
    for (const value of values) {
      expect(ntohs(htons(value))).toBe(value)
      new Uint16Array(bytes.buffer, bytes.byteOffset, 1)[0] = htons(value)
      expect(bytes.readUInt16BE()).toBe(value)
    }
    for (const value of [...values, 0x01234567, 0xfedcba98, 0xffffffff]) {
      expect(ntohl(htonl(value))).toBe(value)
      new Uint32Array(bytes.buffer, bytes.byteOffset, 1)[0] = htonl(value)
      expect(bytes.readUInt32BE()).toBe(value)
    }
  })

  test.each([-1, 2 ** 16, 2 ** 31, 1.5, NaN])('%d does not fit in 16 bits', value => {
    expect(() => htons(value)).toThrow(RangeError)
    expect(() => ntohs(value)).toThrow(RangeError)
  })

  test.each([-1, 2 ** 32, 2 ** 53, 0.5])('%d does not fit in 32 bits', value => {
    expect(() => htonl(value)).toThrow(RangeError)
    expect(() => ntohl(value)).toThrow(RangeError)
  })
})
