import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { declareEchoCases } from '../support/echo-cases.js'
import { run, start } from '../support/echo-server.js'
import { modesInC, modesInTypeScript, modesOf } from '../support/modes.js'
import { root } from '../support/root.js'

const program = join(root, 'build/Release/echo')

describe('echo in C', () => {
  declareEchoCases({
    command: [program],
    modes: modesInC,
    limit: 20,
    exhausted: /^(echo: accept: Too many open files\n)*$/,
  })

  test('--help shows the defaults', async () => {
    const { code, stdout } = await run([program, '--help']).ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/--mode \S+\n.*\(default epoll\)/)
    expect(stdout).toMatch(/--port N\n.*\(default 9999\)/)
  })

  test.each([
    [['--mode', 'uring'], '--mode'],
    [['--mode'], '--mode'],
    [['--port', '65536'], '--port'],
    [['--port', '-1'], '--port'],
    [['--port', '80x'], '--port'],
    [['--port='], '--port'],
    [['--backlog', 'many'], '--backlog'],
    [['--host', 'localhost'], '--host'],
    [['--host', ''], '--host'],
    [['--path'], '--path'],
    [['--path', 'socket', '--port', '1'], '--port'],
    [['--colour', 'red'], '--colour'],
    [['9999'], '9999'],
  ])('echo %j is a usage error', async (args, option) => {
    const { code, stdout, stderr } = await run([program, ...args]).ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^echo: ${option}: .*\n$`))
  })

  test('an error names the failed call and its address', async () => {
    const server = await start([program, '--port', '0'])
    const second = await run([program, '--port', `${server.port}`]).ended
    expect(second).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `echo: bind ${server.where}: Address already in use\n`,
    })
    await server.stop()
  })

  test('does not remove a file that exists at its path', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'echo-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'file')
    writeFileSync(path, 'mine')
    const stderr = `echo: bind ${path}: Address already in use\n`
    expect(await run([program, '--path', path]).ended).toMatchObject({ code: 1, stdout: '', stderr })
    expect(existsSync(path)).toBe(true)
    const long = join(directory, 'x'.repeat(200))
    expect(await run([program, '--path', long]).ended).toMatchObject({
      code: 1,
      stderr: `echo: bind ${long}: File name too long\n`,
    })
  })
})

test('both programs have the same modes; TypeScript has also those of the event loop', () => {
  expect(modesOf(join(root, 'build/Release/http'))).toEqual(modesInC)
  expect(modesOf(process.execPath, join(root, 'bin/bsd-sockets.js'), 'http')).toEqual(modesInTypeScript)
  expect(modesInTypeScript).toEqual([...modesInC, 'promises', 'reactor'])
})
