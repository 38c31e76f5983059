// Signals reach a traced program as they would without a trace, and nothing is left behind.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { run } from '../../support/echo-server.js'
import { python } from '../../support/python.js'
import { tool } from '../../support/tools.js'
import { temporary, trace, traced } from './run.js'

/** Processes whose environment has this word. proc_pid_environ(5) */
function processesWith(word: string): string[] {
  return readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(word)
    } catch {
      return false
    }
  })
}

const accepts = `
import socket, signal, sys
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
HANDLER
print('listening', flush=True)
s.accept()`

const blocked = (handler = ''): string[] => [python, '-c', accepts.replace('HANDLER', handler)]

traced.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends a blocked accept, and the trace by the same signal',
  async signal => {
    const word = `TRACE_TEST=${process.pid}-${signal}`
    const folder = temporary()
    const handler = 'signal.signal(signal.SIGINT, signal.SIG_DFL)' // as in C
    const running = run(['env', word, `TMPDIR=${folder}`, ...trace, '--', ...blocked(handler)])
    await running.printed(/listening/)
    await running.printed(/accept4?\(\d+\) ⋯/)
    running.child.kill(signal)
    const { signal: ended, stderr } = await running.ended
    expect(ended).toBe(signal)
    expect(stderr).toContain(`▲ ${signal}`)
    expect(stderr).toContain(`■ killed by ${signal}`)
    expect(processesWith(word)).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  },
)

traced('a program that handles the signal ends as it wants, and its status is passed on', async () => {
  const handler = 'signal.signal(signal.SIGTERM, lambda *_: (print("once", flush=True), sys.exit(7)))'
  const running = run([...trace, '--', ...blocked(handler)])
  await running.printed(/accept4?\(\d+\) ⋯/)
  running.child.kill('SIGTERM')
  expect(await running.ended).toMatchObject({ code: 7, signal: null, stdout: 'listening\nonce\n' })
})

// Presses Ctrl-C on a terminal: every process of its foreground group gets SIGINT, the program once.
const terminal = `
import os, pty, re, sys, time
pid, fd = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
text = b''
while not re.search(rb'accept4?\\(\\d+\\) ', text) or b'listening' not in text: text += os.read(fd, 4096)
os.write(fd, b'\\x03')
while True:
  try: more = os.read(fd, 4096)
  except OSError: break
  if not more: break
  text += more
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.count(b'interrupted'))`

traced('Ctrl-C on a terminal reaches the program once; nothing is left', async () => {
  const word = `TRACE_TEST=${process.pid}-terminal`
  const handler = 'signal.signal(signal.SIGINT, lambda *_: (print("interrupted", flush=True), sys.exit(5)))'
  const command = ['env', word, 'python3', '-c', terminal, ...trace, '-w', '100', '--', ...blocked(handler)]
  expect((await run(command).ended).stdout).toBe('5 1\n')
  expect(processesWith(word)).toEqual([])
})

test.skipIf(!tool('python3') || process.platform !== 'linux')(
  'Ctrl-C ends a program that does not handle it, without a shell to help',
  async () => {
    const word = `TRACE_TEST=${process.pid}-plain`
    const handler = 'signal.signal(signal.SIGINT, signal.SIG_DFL)'
    const command = ['env', word, 'python3', '-c', terminal, ...trace, '-w', '100', '--', ...blocked(handler)]
    expect((await run(command).ended).stdout).toBe('-2 0\n')
    expect(processesWith(word)).toEqual([])
  },
)
