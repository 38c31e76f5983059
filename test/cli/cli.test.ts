import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { run, start } from '../support/echo-server.js'
import { tool } from '../support/tools.js'
import { modesInC } from '../support/modes.js'
import { root } from '../support/root.js'

const cli = [process.execPath, join(root, 'bin/bsd-sockets.js')]
const commands = ['bench', 'completion', 'echo', 'help', 'http', 'nc', 'sockopts', 'ss', 'tour', 'trace']

const strace = tool('strace')

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cli-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

/** Runs the command with a PATH that has no strace, or only one that fails, as where ptrace(2) is forbidden. */
function withoutStrace(which: 'no strace' | 'an strace that fails', ...args: string[]) {
  const path = temporary()
  if (which === 'an strace that fails') writeFileSync(join(path, 'strace'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  return run(['env', `PATH=${path}`, ...cli, ...args]).ended
}

describe('bsd-sockets', () => {
  const named = (text: string) => [...text.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(match => match[1])

  test.each(['--help', '-h', 'help'])('%s names every command', async word => {
    const { code, stdout, stderr } = await run([...cli, word]).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(named(stdout)).toEqual(commands)
  })

  test('without a command it prints the same on standard error, and fails', async () => {
    const { code, stdout, stderr } = await run(cli).ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(named(stderr)).toEqual(commands)
  })

  test.each([
    ['eco', 'echo'],
    ['SOCKOPTS', 'sockopts'],
    ['sockotps', 'sockopts'],
    ['--verson', '--version'],
    ['help ttour', 'tour'],
    ['echo --prot 1', '--port'],
    ['echo --mode epol', 'epoll'],
    ['completion bsh', 'bash'],
  ])('%s: did you mean %s', async (words, meant) => {
    const { code, stderr } = await run([...cli, ...words.split(' ')]).ended
    expect(code).toBe(2)
    expect(stderr).toContain(`did you mean '${meant}'?`)
  })

  test.each([
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [{ NO_COLOR: '1' }, false],
  ])('with %j, and no terminal, colours: %s', async (env, coloured) => {
    const given = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    const { stdout } = await run(['env', '-u', 'NO_COLOR', '-u', 'FORCE_COLOR', ...given, ...cli, '--help']).ended
    expect(stdout.includes('\x1b[')).toBe(coloured)
  })

  test('ends silently, as by SIGPIPE, when nobody reads its output any more', async () => {
    const { stdout, stderr } = await run([
      'bash',
      '-c',
      '"$@" | true; echo ${PIPESTATUS[0]}',
      'bash',
      ...cli,
      'sockopts',
    ]).ended
    expect({ stdout, stderr }).toEqual({ stdout: '141\n', stderr: '' })
  })

  /** What bash offers after these words. */
  async function offers(...words: string[]): Promise<string[]> {
    const script = `source <("$@" completion bash); COMP_WORDS=(bsd-sockets ${words.join(' ')} ); COMP_CWORD=${words.length}
      _bsd_sockets; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = await run(['bash', '-c', script, 'bash', ...cli]).ended
    expect(stderr).toBe('')
    return stdout.trimEnd().split('\n')
  }

  test('bash completes commands, options and their words', async () => {
    expect(await offers("''")).toEqual([...commands, '--help', '--version'])
    expect(await offers('so')).toEqual(['sockopts'])
    expect(await offers('echo', '--ba')).toEqual(['--backlog'])
    expect(await offers('echo', '--mode', 'e')).toEqual(['epoll'])
    expect(await offers('help', 't')).toEqual(['tour', 'trace'])
  })

  test.each(['zsh', 'fish'])('%s gets each command and each option of it', async shell => {
    const { code, stdout } = await run([...cli, 'completion', shell]).ended
    expect(code).toBe(0)
    for (const word of [...commands, 'backlog', 'hex-dump']) expect(stdout).toContain(word)
  })

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(await run([...cli, '--version']).ended).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test.each(commands)('%s --help prints the usage', async name => {
    const { code, stdout, stderr } = await run([...cli, name, '--help']).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^bsd-sockets ${name}: .*\n\nUsage: bsd-sockets ${name} \\[OPTION\\]...`))
    expect(stdout).toMatch(/^ {2}-h, --help\n {6}\S/m)
    expect((await run([...cli, 'help', name]).ended).stdout).toBe(stdout)
    expect((await run([...cli, name, '-h']).ended).stdout).toBe(stdout)
  })

  test.each(['echo', 'http'])(
    '%s describes each option as its program in C does, with the same default',
    async name => {
      const options = async (command: string[]): Promise<string[]> => {
        const { stdout } = await run([...command, '--help']).ended
        const described = [...stdout.matchAll(/^ {2}(--\w[\w-]*)(?: .*)?\n {6}(.*)$/gm)].map(
          ([, option, text]) => `${option} ${text}`,
        )
        return described.filter(line => !/^--(lang|mode|root|help) /.test(line)).sort() // the modes differ, and files are in TypeScript
      }
      const own = await options([join(root, 'build/Release', name)])
      expect(own.length).toBeGreaterThan(3)
      expect(await options([...cli, name])).toEqual(own)
    },
  )

  test.each([
    [['frobnicate'], 'frobnicate'],
    [['--frobnicate'], '--frobnicate'],
    [['bench', '--publish', '--only', 'net'], '--publish'],
    [['bench', '--rounds', 'many'], '--rounds'],
    [['echo', '9999'], '9999'],
    [['echo', '--backlog', 'many'], '--backlog'],
    [['echo', '--colour', 'red'], '--colour'],
    [['echo', '--host', 'localhost'], '--host'],
    [['echo', '--host', ''], '--host'],
    [['echo', '--lang', 'rust'], '--lang'],
    [['echo', '--lang', 'c', '--host', 'localhost'], '--host'],
    [['echo', '--mode'], '--mode'],
    [['echo', '--mode', 'toString'], '--mode'],
    [['echo', '--path', ''], '--path'],
    [['echo', '--path', 'socket', '--host', '::1'], '--host'],
    [['echo', '--path', 'socket', '--port', '1'], '--port'],
    [['echo', '--port', '-1'], '--port'],
    [['echo', '--port', '65536'], '--port'],
    [['echo', '--port', '80x'], '--port'],
    [['echo', '--port='], '--port'],
    [['http', '--app', 'none'], '--app'],
    [['nc'], 'HOST PORT'],
    [['nc', '127.0.0.1', 'eighty'], 'PORT'],
    [['nc', '-U'], 'PATH'],
    [['nc', '-46', '127.0.0.1', '80'], '-4'],
    [['nc', '-k', '127.0.0.1', '80'], '-k'],
    [['nc', '-z', '127.0.0.1', '30-20'], 'PORT'],
    [['nc', '-lz', '80'], '-z'],
    [['nc', '-l', '--tls', '80'], '--cert'],
    [['nc', '--send-fd', '3', '127.0.0.1', '80'], '--send-fd'],
    [['nc', '-w', '0', '127.0.0.1', '80'], '-w'],
    [['completion'], 'SHELL'],
    [['help', 'echo', 'nc'], 'nc'],
    [['nc', '-x', '127.0.0.1', '80'], '-x'],
    [['sockopts', 'all'], 'all'],
    [['sockopts', '--fd', '3'], '--fd'],
    [['ss', 'state'], 'state'],
    [['ss', 'state', 'estab'], 'estab'],
    [['ss', 'sport', '80'], 'sport'],
    [['ss', '--port', 'http'], '--port'],
    [['trace'], 'COMMAND'],
  ])('%j is a usage error', async (args, name) => {
    const { code, stdout, stderr } = await run([...cli, ...args]).ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^\S.* \(see .*--help\)\n$/)
    expect(stderr).toContain(name)
  })
})

describe.each(['ts', 'c'])('echo --lang %s', lang => {
  const echo = [...cli, 'echo', '--lang', lang]

  test.each(modesInC)('--mode %s serves a Python client', async mode => {
    const server = await start([...echo, '--mode', mode, '--port', '0'])
    const client = run(['python3', join(root, 'test/python/echo_client.py'), '127.0.0.1', `${server.port}`])
    expect(await client.ended).toMatchObject({ code: 0, stderr: '' })
    await server.stop()
  })

  test('--path serves a Python client', async () => {
    const path = join(temporary(), 'socket')
    const server = await start([...echo, '--path', path])
    const client = run(['python3', join(root, 'test/python/echo_client.py'), path])
    expect(await client.ended).toMatchObject({ code: 0, stderr: '' })
    await server.stop()
    expect(existsSync(path)).toBe(false)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with status 0', async signal => {
    const server = await start([...echo, '--port', '0'])
    server.child.kill(signal)
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('a second signal kills it', async () => {
    const server = await start([...echo, '--port', '0'])
    const client = await server.connect()
    client.on('error', () => undefined).write(Buffer.alloc(24 << 20)) // more than the kernel buffers: the server cannot finish
    await once(client, 'readable')
    server.child.kill('SIGTERM')
    server.child.kill('SIGINT')
    expect((await server.ended).signal).toMatch(/^SIG(INT|TERM)$/)
  })

  test('an error names the failed call and its address', async () => {
    const server = await start([...echo, '--port', '0'])
    const { code, stdout, stderr } = await run([...echo, '--port', `${server.port}`]).ended
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toEqual(
      lang === 'ts'
        ? expect.stringMatching(new RegExp(`^bsd-sockets: bind EADDRINUSE ${server.where}\n(TCP|Another) .*port.*\n$`))
        : `echo: bind ${server.where}: Address already in use\n`,
    )
    await server.stop()
  })

  test('does not remove a file that exists at its path', async () => {
    const path = join(temporary(), 'file')
    writeFileSync(path, 'mine')
    expect(await run([...echo, '--path', path]).ended).toMatchObject({ code: 1, stdout: '' })
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })
})

test('http --lang c answers', async () => {
  const server = await start([...cli, 'http', '--lang', 'c', '--port', '0', '--app', 'echo', '--max-body', '10'])
  const post = (body: string) => fetch(`http://${server.where}/`, { method: 'POST', body })
  expect(await (await post('0123456789')).text()).toBe('0123456789')
  expect((await post('0123456789a')).status).toBe(413)
  await server.stop()
})

/** The names of a trace's calls, in order. */
const callsIn = (trace: string): string[] =>
  [...trace.matchAll(/^ *.*?\b([a-z_0-9]+)\(.*\) += /gm)].map(match => match[1]!)

describe('trace', () => {
  const lib = JSON.stringify(pathToFileURL(join(root, 'lib/index.js')).href)
  const program = `
    import { readFileSync } from 'node:fs'
    import { Socket } from ${lib}
    const [a, b] = Socket.pair()
    readFileSync(import.meta.filename)
    console.log('printed', process.argv[2])
    a.sendall('hello')
    console.log(String(b.recv(10)))
    a.close()
    b.close()
    process.exitCode = 3`

  function programFile(): string {
    const file = join(temporary(), 'program.mjs')
    writeFileSync(file, program)
    return file
  }

  test.skipIf(!strace)('shows the network calls of a program', async () => {
    const { code, stdout, stderr } = await run([...cli, 'trace', '--', programFile(), '--verbose']).ended
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'printed --verbose\nhello\n' })
    expect(stderr).toMatch(/ sendto\(\d+, "hello"\) = 5$/m)
    expect(callsIn(stderr)).toEqual(['socketpair', 'sendto', 'recvfrom', 'close', 'close'])
  })

  test('shows the calls of the library where there is no strace', async () => {
    const { code, stdout, stderr } = await withoutStrace('no strace', 'trace', '--', programFile(), '--verbose')
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'printed --verbose\nhello\n' })
    expect(stderr).toMatch(/ send\(\d+, "hello"\) = 5$/m)
    expect(callsIn(stderr)).toEqual(['socketpair', 'send', 'recv', 'close', 'close'])
  })

  test('ends with the status or the signal of the program', async () => {
    const file = join(temporary(), 'program.mjs')
    writeFileSync(file, "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 60000)")
    expect(await run([...cli, 'trace', '--', file]).ended).toMatchObject({ code: null, signal: 'SIGTERM' })
  })
})

describe('tour', () => {
  /** The TypeScript and the call of each line; '' for the further calls of one expression. */
  const pairs = (stdout: string): [string, string][] =>
    [...stdout.matchAll(/^ {2}(.*?) {2,}([a-z0-9]+)\(.*\) = /gm)].map(match => [match[1]!, match[2]!])

  // The calls that find out whether the client is connected.
  const checks = process.platform === 'linux' ? ['connect'] : ['getsockopt', 'getpeername']

  const expected = (send: string, recv: string): [string, string][] => [
    ['server = new Socket(AF_INET, SOCK_STREAM)', 'socket'],
    ['server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true)', 'setsockopt'],
    ["server.bind(['127.0.0.1', 0])", 'bind'],
    ['server.listen(5)', 'listen'],
    ['client = new Socket(AF_INET, SOCK_STREAM)', 'socket'],
    ['client.connect(server.getsockname())', 'getsockname'],
    ['', 'connect'],
    ['', 'poll'],
    ...checks.map((call): [string, string] => ['', call]),
    ['[connection] = server.accept()', process.platform === 'linux' ? 'accept4' : 'accept'],
    ["client.sendall('hello world!')", send],
    ['message = connection.recv(1024)', recv],
    ['connection.sendall(message)', send],
    ['client.recv(1024).toString()', recv],
    ['client.shutdown(SHUT_WR)', 'shutdown'],
    ['connection.recv(1024)', recv],
    ['connection.close()', 'close'],
    ['client.close()', 'close'],
    ['server.close()', 'close'],
  ]

  test.skipIf(!strace)('shows the calls that strace saw, and the states that they caused', async () => {
    const { code, stdout, stderr } = await run([...cli, 'tour']).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(pairs(stdout)).toEqual(expected('sendto', 'recvfrom'))
    expect(stdout).toMatch(/bind\(\d+, 127\.0\.0\.1:0\) = 0$/m)
    expect(stdout).toMatch(/recvfrom\(\d+, "hello world!"\) = 12$/m)
    expect(stdout).toMatch(/shutdown\(\d+, SHUT_WR\) = 0 {2}→ FIN_WAIT_2, CLOSE_WAIT$/m)
    expect(stdout).toContain('npm test')
    expect(stdout).not.toContain('\x1b')
  })

  test.skipIf(!strace)('shows the same where a call takes long to return', async () => {
    const path = temporary()
    // Longer than the tour waits for the rest of a line.
    const script = `#!/bin/sh\nPATH=\${PATH#*:}\nexec strace -e inject=write,sendto:delay_enter=120000 "$@"\n`
    writeFileSync(join(path, 'strace'), script, { mode: 0o755 })
    const { code, stdout, stderr } = await run(['env', `PATH=${path}:${process.env.PATH}`, ...cli, 'tour']).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(pairs(stdout)).toEqual(expected('sendto', 'recvfrom'))
  })

  test('has each call below its line where there is no room beside it', async () => {
    const { code, stdout } = await run([...cli, 'tour', '--width', '80']).ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}server\.listen\(5\)\n {6}listen\(\d+, 5\) = 0 {2}→ LISTEN$/m)
    const [ladder] = stdout.split('What next')
    for (const line of ladder!.split('\n').slice(2)) expect(line.length).toBeLessThanOrEqual(80)
  })

  test.each(['no strace', 'an strace that fails'] as const)('shows the calls of the library with %s', async which => {
    const { code, stdout, stderr } = await withoutStrace(which, 'tour')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(pairs(stdout)).toEqual(expected('send', 'recv'))
    expect(stdout).toMatch(/bind\(\d+, 127\.0\.0\.1:0\) = 0$/m)
    expect(stdout).toMatch(/recv\(\d+, "hello world!"\) = 12$/m)
  })
})
