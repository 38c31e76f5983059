// What a peer or another user of the machine can do to the commands: by names with control characters, and by files at a path.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AF_UNIX, SOCK_STREAM, Socket } from 'bsd-sockets'
import { describe, expect, onTestFinished, test } from 'vitest'
import { selfSigned } from '../support/certificate.js'
import { Child, inline } from '../support/child.js'
import { run } from '../support/echo-server.js'
import { root } from '../support/root.js'

const cli = [process.execPath, join(root, 'bin/bsd-sockets.js')]
const linux = process.platform === 'linux'

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hostile-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

// It clears the terminal, sets its title, writes a second line, and turns the direction of the text.
const evil = 'a\x1b[2J\x1b]0;title\x07\nb\u009b2J\u202ec'
const harmless = 'a\\x1b[2J\\x1b]0;title\\x07\\x0ab\\x9b2J\\u202ec'

// oxlint-disable-next-line no-control-regex
const obeyed = /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/

describe('a name with control characters is shown as text', () => {
  test('of a client of nc', async () => {
    const folder = temporary()
    const server = run([...cli, 'nc', '-lkvU', join(folder, 'socket')])
    await server.printed(/listening on .*\n/)
    const client = new Socket(AF_UNIX, SOCK_STREAM)
    onTestFinished(() => client.close())
    client.bind(join(folder, evil))
    client.connect(join(folder, 'socket'))
    const [line] = await server.printed(/connected to [^]*\n/)
    expect(line).toBe(`connected to ${folder}/${harmless}\n`)
    if (!linux) return // only Linux has abstract names. unix(7)
    client.close()
    const other = new Socket(AF_UNIX, SOCK_STREAM)
    onTestFinished(() => other.close())
    other.bind({ family: 'unix', abstract: `${evil}${process.pid}` })
    other.connect(join(folder, 'socket'))
    const [, name] = await server.printed(/connected to @([^]*)\n/)
    expect(name).toBe(`${harmless}${process.pid}`)
  })

  test('in a certificate', async () => {
    const pem = join(temporary(), 'pem')
    const { key, cert } = selfSigned(evil)
    writeFileSync(pem, key + cert)
    const server = run([...cli, 'nc', '-lkv', '--tls', '--cert', pem, '-e', 'cat', '127.0.0.1', '0'])
    const [, port] = await server.printed(/listening on .*:(\d+)\n/)
    const { code, stderr } = await run([...cli, 'nc', '--tls', '--ca', pem, 'localhost', port!]).ended
    expect(code).toBe(1)
    expect(stderr).toContain('certificate')
    expect(stderr).not.toMatch(obeyed)
  })

  test('of a process that has the port', { skip: !linux }, async () => {
    const holder = new Child(
      process.execPath,
      inline(`
        import { writeFileSync } from 'node:fs'
        import { createServer } from 'bsd-sockets'
        writeFileSync('/proc/self/comm', 'a\\x1b[2J\\nb') // proc(5)
        const server = createServer(['127.0.0.1', 0])
        console.log('listening on', server.getsockname().port)
        process.stdin.resume()`),
    )
    const port = await holder.port()
    const { code, stderr } = await run([...cli, 'echo', '--port', `${port}`]).ended
    expect(code).toBe(1)
    expect(stderr).toContain(`a\\x1b[2J\\x0ab (process ${holder.pid})`)
    for (const options of [['-ltnp'], ['-ltnp', '--json']]) {
      const listed = await run([...cli, 'ss', ...options, '--port', `${port}`]).ended
      expect(listed.stdout).toContain(`${holder.pid}`)
      expect(listed.stdout).not.toMatch(obeyed)
    }
  })

  test('of a socket in ss --json, which is still JSON', { skip: !linux }, async () => {
    const path = join(temporary(), evil)
    const socket = new Socket(AF_UNIX, SOCK_STREAM)
    onTestFinished(() => socket.close())
    socket.bind(path)
    socket.listen()
    const { stdout } = await run([...cli, 'ss', '-xl', '--json']).ended
    expect(stdout).not.toMatch(obeyed)
    const paths = (JSON.parse(stdout) as { local: { path?: string } }[]).map(({ local }) => local.path)
    expect(paths).toContain(path)
  })
})

const servers: [string, string[]][] = [
  ['echo in TypeScript', [...cli, 'echo']],
  ['echo in C', [join(root, 'build/Release/echo')]],
  ['nc', [...cli, 'nc', '-lkvU']],
]
const at = ([program, command]: (typeof servers)[number], path: string): string[] => [
  ...command,
  ...(program === 'nc' ? [path] : ['--path', path]),
]

describe.each(servers)('the path of a Unix socket: %s', (...server) => {
  test('is made as the umask says', async () => {
    const path = join(temporary(), 'socket')
    const { printed } = run(['sh', '-c', `umask 027; exec "$0" "$@"`, ...at(server, path)])
    await printed(/listening on .*\n/)
    const stats = statSync(path)
    expect([stats.isSocket(), stats.mode & 0o777]).toEqual([true, 0o750])
  })

  test('that is a symbolic link is refused: its target is not created, and it stays', async () => {
    const folder = temporary()
    const link = join(folder, 'link')
    symlinkSync('target', link)
    const { code, stderr } = await run(at(server, link)).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/EADDRINUSE|Address already in use/)
    expect(existsSync(join(folder, 'target'))).toBe(false)
    expect(spawnSync('readlink', [link], { encoding: 'utf8' }).stdout).toBe('target\n')
  })

  test('is not removed if it is another file by then', async () => {
    const path = join(temporary(), 'socket')
    const { child, ended, printed } = run(at(server, path))
    await printed(/listening on .*\n/)
    rmSync(path)
    writeFileSync(path, 'mine')
    child.kill('SIGTERM')
    await ended
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })
})
