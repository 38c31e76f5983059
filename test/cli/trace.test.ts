import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { inline } from '../support/child.js'
import { root } from '../support/root.js'

const program = `
  import { AF_UNIX, MSG_DONTWAIT, SOCK_STREAM } from 'bsd-sockets'
  import * as sys from 'bsd-sockets/syscalls'
  const fds = new Int32Array(2)
  sys.socketpair(AF_UNIX, SOCK_STREAM, 0, fds)
  const [left, right] = fds
  console.log(\`\${left} \${right}\`)
  sys.write(left, Buffer.from('"tab\\t", \\x00\\xff'))
  sys.recv(right, Buffer.alloc(64), 0)
  sys.writev(left, [Buffer.from('ab'), Buffer.from('cd')])
  sys.recvmsg(right, { iov: [Buffer.alloc(3), Buffer.alloc(8)] }, 0)
  sys.write(left, Buffer.alloc(100, 'x'))
  sys.recvfrom(right, Buffer.alloc(100), 0, null, null)
  sys.recv(right, Buffer.alloc(8), MSG_DONTWAIT)
  sys.FD_SET(left, Buffer.alloc(128))
  sys.htons(1)
  sys.inet_aton('127.1')
  sys.CMSG_LEN(4)
  try { sys.close(NaN) } catch { console.log('thrown') }
  sys.close(-1)
`

const run = (code: string, trace: string, stderr: 'pipe' | 'ignore' = 'pipe') =>
  spawnSync(process.execPath, inline(code), {
    cwd: root,
    env: { ...process.env, BSD_SOCKETS_TRACE: trace },
    stdio: ['ignore', 'pipe', stderr],
    encoding: 'utf8',
  })

describe('BSD_SOCKETS_TRACE', () => {
  test('writes each system call to standard error as a line: its name, arguments and result', () => {
    const { stdout, stderr, status } = run(program, '1')
    const [, left, right] = /^(\d+) (\d+)\nthrown\n$/.exec(stdout)!
    const text = stderr.replaceAll(`${right},`, 'right,').replaceAll(`${left},`, 'left,').replace(`${right}]`, 'right]')
    expect(status).toBe(0)
    expect(text.split('\n')).toEqual([
      'socketpair(AF_UNIX, SOCK_STREAM, 0, [left, right]) = 0',
      String.raw`write(left, "\"tab\t\", \0\303\277", 11) = 11`,
      String.raw`recv(right, "\"tab\t\", \0\303\277", 64, 0) = 11`,
      'writev(left, [{iov_base="ab", iov_len=2}, {iov_base="cd", iov_len=2}], 2) = 4',
      'recvmsg(right, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="abc", iov_len=3}, {iov_base="d", iov_len=8}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0) = 4',
      `write(left, "${'x'.repeat(32)}"..., 100) = 100`,
      `recvfrom(right, "${'x'.repeat(32)}"..., 100, 0, NULL, NULL) = 100`,
      'recv(right, "", 8, MSG_DONTWAIT) = -1 EAGAIN',
      'close(-1) = -1 EBADF',
      '',
    ])
  })

  test('unset: nothing is written, and the functions are those of the addon', () => {
    expect(run(program, '').stderr).toBe('')
    const { stdout } = run("import { recv } from 'bsd-sockets/syscalls'; console.log(String(recv))", '')
    expect(stdout).toContain('[native code]')
  })

  test('a closed standard error does not make the program fail', () => {
    const code = `import { closeSync } from 'node:fs'; import { close } from 'bsd-sockets/syscalls'; closeSync(2); console.log(close(1000))`
    expect(run(code, '1')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^-\d+\n$/) as string })
  })

  test('a full pipe loses no line', () => {
    const code = `import { close } from 'bsd-sockets/syscalls'; for (let i = 0; i < 5000; i++) close(-1)`
    expect(run(code, '1').stderr).toBe('close(-1) = -1 EBADF\n'.repeat(5000))
  })
})
