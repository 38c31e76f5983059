// sockopts: what it reads and sets, on new sockets and on one of another process.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AF_INET, getOption, options, SO_RCVBUF, SOCK_STREAM, Socket, SOL_SOCKET, supports } from 'bsd-sockets'
import { describe, expect, test } from 'vitest'
import { script } from '../support/child.js'
import { run } from '../support/echo-server.js'
import { root } from '../support/root.js'

const sockopts = [process.execPath, join(root, 'bin/bsd-sockets.js'), 'sockopts']
const linux = process.platform === 'linux'

const ended = (...args: string[]) => run([...sockopts, ...args]).ended

/** What it prints, in JSON. */
async function json(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await ended('--json', ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** The cells of its table. */
async function table(...args: string[]): Promise<string[][]> {
  const { code, stdout, stderr } = await ended(...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
    .trimEnd()
    .split('\n')
    .map(row => row.split(/ {2,}/))
}

/** An option that this system has. */
interface Row {
  readonly option: string
  readonly level: number
  readonly name: number | undefined
}

describe('the list', () => {
  test('has every option of this system once, with what it takes', async () => {
    const rows = await json()
    const names = rows.map(({ level, option }) => `${String(level)} ${String(option)}`)
    expect(new Set(names).size).toBe(names.length)
    const here = Object.values(options as unknown as Record<string, Row>).filter(({ name }) => name !== undefined)
    expect(new Set(rows.map(({ option }) => option))).toEqual(new Set(here.map(({ option }) => option)))
    expect(rows.filter(({ takes }) => /^a value/.test(String(takes)))).toEqual([])
  })

  test('has the values of a TCP, a UDP and a Unix socket, or the errno', async () => {
    const rows = new Map((await json()).map(row => [row.option, row]))
    expect(rows.get('SO_KEEPALIVE')).toMatchObject({
      name: 'keepAlive',
      level: 'SOL_SOCKET',
      takes: 'true or false',
      sockets: { TCP: { value: false }, UDP: { value: false } },
    })
    using socket = new Socket(AF_INET, SOCK_STREAM)
    expect(rows.get('TCP_KEEPCNT')!.sockets).toMatchObject({
      TCP: { value: getOption(socket, options.tcpKeepCount) },
      UDP: { error: expect.stringMatching(/^E(NOTSUP|NOPROTOOPT|INVAL)$/) },
      Unix: { error: expect.stringMatching(/^E(NOTSUP|NOPROTOOPT|INVAL)$/) },
    })
    expect(rows.get('IPV6_V6ONLY')!.sockets).toMatchObject({ TCP: { value: expect.any(Boolean) } })
  })

  test('is a table with the same rows', async () => {
    const [head, ...rows] = await table()
    expect(head).toEqual(['level', 'option', 'name', 'takes', 'TCP', 'UDP', 'Unix'])
    expect(rows.map(([level, option]) => [level, option])).toEqual(
      (await json()).map(({ level, option }) => [level, option]),
    )
  })

  test('says that an option can only be set, and cuts long values', async () => {
    const { stdout } = await ended()
    expect(stdout).toMatch(/^SOL_SOCKET +SO_DETACH_FILTER +detachFilter +true or false \(set only\)$/m)
    expect(stdout).toMatch(/^IPPROTO_TCP +TCP_\w*INFO +tcpInfo .*…/m)
  })

  test('is that of one socket with --family, --type or --protocol', async () => {
    const [head, ...rows] = await table('--type', 'dgram')
    expect(head!.slice(4)).toEqual(['AF_INET SOCK_DGRAM'])
    expect(rows.find(([, option]) => option === 'IP_MULTICAST_TTL')!.slice(3)).toEqual(['0 to 255', '1'])
    const unix = await json('--family', 'AF_UNIX')
    expect(unix.find(({ option }) => option === 'IP_TTL')).toMatchObject({
      error: expect.stringMatching(/^E(NOTSUP|NOPROTOOPT|INVAL)$/),
    })
  })

  test.runIf(linux)('of a family without streams is that of its usual type', async () => {
    const rows = await json('--family', 'netlink', '--protocol', 'route')
    expect(rows.find(({ option }) => option === 'SO_PROTOCOL')).toMatchObject({ value: 0 })
    expect(rows.find(({ option }) => option === 'SO_DOMAIN')).toMatchObject({ value: 16 })
    expect(rows.find(({ option }) => option === 'NETLINK_EXT_ACK')).toMatchObject({ value: false })
  })
})

describe('an option by its name', () => {
  test('is read by its name in C, in any case, and by that of this package', async () => {
    const rows = await json('TCP_KEEPCNT', 'tcp_keepcnt', 'tcpKeepCount', 'SO_TYPE')
    expect(rows.map(({ option }) => option)).toEqual(['TCP_KEEPCNT', 'TCP_KEEPCNT', 'TCP_KEEPCNT', 'SO_TYPE'])
    expect(rows[0]).toEqual(rows[1])
    expect(rows[0]).toEqual(rows[2])
    expect(rows[3]).toMatchObject({ value: SOCK_STREAM, socket: 'AF_INET SOCK_STREAM', takes: 'an int (read only)' })
  })

  test('is set, with its value before and after', async () => {
    const [head, row] = await table('SO_RCVBUF=20000')
    expect(head).toEqual(['level', 'option', 'name', 'takes', 'socket', 'before', 'after'])
    using socket = new Socket(AF_INET, SOCK_STREAM)
    const before = socket.getsockopt(SOL_SOCKET, SO_RCVBUF)
    socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 20000)
    const after = socket.getsockopt(SOL_SOCKET, SO_RCVBUF)
    const all = ['SOL_SOCKET', 'SO_RCVBUF', 'receiveBuffer', 'at least 0, bytes', 'AF_INET SOCK_STREAM']
    expect(row).toEqual([...all, `${before}`, `${after}`])
  })

  test.each([
    ['TCP_NODELAY=1', false, true],
    ['TCP_NODELAY=on', false, true],
    ['TCP_NODELAY=true', false, true],
    ['SO_KEEPALIVE=0', false, false],
    ['TCP_KEEPCNT=7', expect.any(Number), 7],
    ['SO_LINGER={"on":true,"seconds":5}', { on: false, seconds: 0 }, { on: true, seconds: 5 }],
    ['SO_RCVTIMEO=1500', null, 1500],
    ['IPV6_V6ONLY=1', expect.any(Boolean), true],
  ])('%s', async (operand, before, after) => {
    expect(await json(operand)).toMatchObject([{ before: { value: before }, after: { value: after } }])
  })

  test.runIf(linux).each([
    ['TCP_CONGESTION=reno', 'AF_INET SOCK_STREAM', 'reno'],
    ['UDP_SEGMENT=1000', 'AF_INET SOCK_DGRAM', 1000],
    ['NETLINK_EXT_ACK=yes', 'AF_NETLINK SOCK_RAW', true],
    ['TCP_FASTOPEN_KEY=000102030405060708090a0b0c0d0e0f', 'AF_INET SOCK_STREAM', '000102030405060708090a0b0c0d0e0f'],
  ])('%s is of the kind of socket that has it: %s', async (operand, socket, value) => {
    expect(await json(operand)).toMatchObject([{ socket, after: { value } }])
  })

  test('several are set on one socket', async () => {
    const [, type, after] = await json('TCP_NODELAY=1', 'SO_TYPE', 'TCP_NODELAY')
    expect(type).toMatchObject({ value: SOCK_STREAM })
    expect(after).toMatchObject({ value: true })
  })

  test('that another socket has fails with the errno and its hint', async () => {
    const { code, stdout, stderr } = await ended('--type', 'dgram', 'TCP_NODELAY', 'SO_TYPE')
    expect(code).toBe(1)
    expect(stdout).toMatch(/TCP_NODELAY .* E(NOPROTOOPT|NOTSUP)$/m)
    expect(stdout).toMatch(/SO_TYPE .* 2$/m)
    expect(stderr).toMatch(
      /^bsd-sockets sockopts: getsockopt E(NOPROTOOPT|NOTSUP) TCP_NODELAY\nTCP_NODELAY is not known/,
    )
  })

  test('that the kernel refuses fails with the errno and its hint', async () => {
    const { code, stdout, stderr } = await ended('TCP_KEEPCNT=0')
    expect(code).toBe(1)
    expect(stdout).toMatch(/ EINVAL$/m)
    expect(stderr).toMatch(/^bsd-sockets sockopts: setsockopt EINVAL TCP_KEEPCNT\nTCP_KEEPCNT takes a number of probes/)
  })

  test.each([
    ['TCP_KEEPCNTT', "did you mean 'TCP_KEEPCNT'?"],
    ['receivebufer', "did you mean 'receiveBuffer'?"],
    ['TCP_NODELAY=maybe', "takes true or false, not 'maybe'"],
    ['TCP_KEEPCNT=300', "takes 0 to 255, not '300'"],
    ['SO_TYPE=1', 'SO_TYPE: it can only be read'],
    ['SO_LINGER={"on":1}', 'The property \'value.on\'|"value.on" property'],
    ['SO_LINGER={', 'takes { on, seconds }'],
    [linux ? 'SO_NREAD' : 'TCP_CORK', 'has no such option'],
  ])('%s is a usage error, and nothing is set', async (operand, message) => {
    const { code, stdout, stderr } = await ended('SO_KEEPALIVE=1', operand)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(
      message.split('|').some(text => stderr.includes(text)),
      stderr,
    ).toBe(true)
  })
})

test('the units are those of the descriptions in the table of options', async () => {
  const { units } = await import('../../src/cli/sockopts/units.js')
  const folder = join(root, 'src/options')
  const source = readdirSync(folder)
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  // A description, and the call or calls with the names in C after it.
  const rows = source.matchAll(
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\s+\w+: (?:option|either)\(([^]*?)\),?\n(?= {2}(?:\/\*\*|\w)|\})/g,
  )
  const described = new Map<string, string>()
  for (const [, doc = '', code = ''] of rows) {
    const text = doc.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim()
    const unit = / in ((?:milli|micro|nano)?seconds|bytes(?: per second)?)\b/.exec(text)?.[1]
    if (unit === undefined || text.startsWith('Whether')) continue
    for (const [, name] of code.matchAll(/'([A-Z][A-Z\d_]+)'/g)) described.set(name!, unit)
  }
  expect(described.size).toBeGreaterThan(30)
  expect(new Map([...units].sort())).toEqual(new Map([...described].sort()))
})

describe.runIf(supports.call('pidfd_getfd'))('a socket of another process', () => {
  /** A program with a TCP socket; it prints its descriptor, and at the end of its input whether the option is set. */
  async function program(): Promise<{ pid: string; fd: string; noDelay: () => Promise<string> }> {
    const child = script(`
      import { Socket, IPPROTO_TCP, TCP_NODELAY } from 'bsd-sockets'
      const socket = new Socket()
      console.log('fd ' + socket.fd)
      process.stdin.on('data', () => {
        console.log('TCP_NODELAY ' + socket.getsockopt(IPPROTO_TCP, TCP_NODELAY))
        socket.close()
        process.exit()
      })
    `)
    const [, fd] = await child.printed(/^fd (\d+)$/m)
    const noDelay = async (): Promise<string> => {
      child.process.stdin.write('now\n')
      return (await child.printed(/^TCP_NODELAY (\d)$/m))[1]!
    }
    return { pid: `${child.pid}`, fd: fd!, noDelay }
  }

  test('is read and set there', async () => {
    const { pid, fd, noDelay } = await program()
    const there = ['--pid', pid, '--fd', fd]
    expect(await json(...there, 'TCP_NODELAY')).toMatchObject([{ socket: `process ${pid}, fd ${fd}`, value: false }])
    expect(await json(...there, 'TCP_NODELAY=1')).toMatchObject([{ before: { value: false }, after: { value: true } }])
    const rows = await json(...there)
    expect(rows.find(({ option }) => option === 'TCP_NODELAY')).toMatchObject({ value: true })
    expect(await noDelay()).toBe('1')
  })

  test('needs a descriptor: the message lists those that are sockets', async () => {
    const { pid, fd } = await program()
    const { code, stderr } = await ended('--pid', pid)
    expect(code).toBe(2)
    expect(stderr).toMatch(new RegExp(`--pid: needs --fd: process ${pid} has the sockets .*\\b${fd}\\b`))
  })

  test('that is none, or not there, is an error with a hint', async () => {
    const { pid } = await program()
    const none = await ended('--pid', pid, '--fd', '999')
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toMatch(/^bsd-sockets: pidfd_getfd EBADF\nThe other process has no such descriptor/)
    const gone = await ended('--pid', `${2 ** 22}`, '--fd', '0')
    expect(gone).toMatchObject({ code: 1, stdout: '' })
    expect(gone.stderr).toMatch(/^bsd-sockets: pidfd_open (ESRCH|EINVAL)\n/)
  })

  test('that is no socket is named', async () => {
    const shell = 'exec 7</dev/null; "$@" --pid $$ --fd 7; exit $?'
    const { code, stderr } = await run(['sh', '-c', shell, 'sh', ...sockopts]).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^bsd-sockets: the descriptor 7 of process \d+ is not a socket: it has /)
  })

  test.skipIf(process.geteuid?.() !== 0)('of another user is refused with a hint', async () => {
    const { pid, fd } = await program()
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--bounding-set', '-all']
    const { code, stderr } = await run([...nobody, ...sockopts, '--pid', pid, '--fd', fd]).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^bsd-sockets: pidfd_getfd EPERM\nThis process may not trace the other one \(PTRACE_MODE_ATTACH/,
    )
  })

  test.each([
    [['--fd', '3'], '--fd'],
    [['--pid', '1', '--fd', '3', '--family', 'unix'], '--family'],
    [['--pid', 'x', '--fd', '3'], '--pid'],
    [['--family', 'inett'], "did you mean 'inet'?"],
    [['--type', 'steam'], "did you mean 'stream'?"],
    [['--protocol', 'updlite'], "did you mean 'udplite'?"],
  ])('%j is a usage error', async (args, message) => {
    const { code, stdout, stderr } = await ended(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})
