import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Child, inline } from '../support/child.js'
import { tool } from '../support/tools.js'
import { root } from '../support/root.js'

const program = (name: string): string => join(root, `build/programs/test/programs/${name}.js`)
const calls = ['accept', 'connect', 'connect unix', 'poll', 'recv', 'recvmsg', 'select', 'selector', 'send', 'sendall']

const script = (body: string): Child => new Child(process.execPath, inline(`import * as C from 'bsd-sockets'\n${body}`))

/** Sends a signal every millisecond until the output of the child matches. */
async function storm(child: Child, signal: NodeJS.Signals, until: RegExp): Promise<RegExpExecArray> {
  const interval = setInterval(() => child.process.kill(signal), 1)
  onTestFinished(() => clearInterval(interval))
  return child.printed(until).finally(() => clearInterval(interval))
}

describe('a signal with a listener', () => {
  test.each(calls)('ends %s with an InterruptedError', async call => {
    const child = new Child(process.execPath, [program('blocked'), call, 'heard'])
    await child.printed(/ready/)
    child.process.kill('SIGUSR2')
    await child.printed(/^InterruptedError \w+ \d+$/m)
    // The listener runs afterwards, although the program has nothing more to do.
    expect(await child.finished()).toMatch(/listened\n$/)
  })

  test('Ctrl-C in a blocked accept: at once', async () => {
    const child = script(`
      process.on('SIGINT', () => { console.log('listened'); process.exit(3) })
      const server = C.createServer(['127.0.0.1', 0])
      C.select([], [], [], 0)
      console.log('ready')
      try { server.accept() } catch (error) { console.log(error.name, Date.now()) }`)
    await child.printed(/ready/)
    await sleep(150) // more than one slice
    const before = Date.now()
    child.process.kill('SIGINT')
    const [, when] = await child.printed(/^InterruptedError (\d+)$/m)
    expect(Number(when) - before).toBeLessThan(1000)
    expect(await child.ended).toEqual({ code: 3, signal: null })
    expect(child.stdout).toMatch(/listened\n$/)
  })

  test('is reported once, also when it arrives between two calls', async () => {
    const child = script(`
      let heard = 0
      process.on('SIGUSR2', () => heard++)
      const [a, b] = C.Socket.pair()
      const outcome = call => { try { return call() } catch (error) { return error.name } }
      a.settimeout(20)
      console.log(outcome(() => a.recv(1)))
      process.kill(process.pid, 'SIGUSR2')
      b.send('x')
      console.log(String(a.recv(1))) // a call that need not wait is done nevertheless
      console.log(outcome(() => a.recv(1)))
      console.log(outcome(() => a.recv(1)))
      process.kill(process.pid, 'SIGUSR2')
      console.log(outcome(() => C.select([a], [], [], 0)[0].length))
      console.log(outcome(() => C.select([b], [b], [], 100)[1].length))
      console.log(outcome(() => C.select([a], [], [], 100)))
      console.log(heard)
      // On a busy machine a timer may run before the signals of this turn are read.
      for (let i = 0; i < 2 || (heard < 2 && i < 100); i++) await new Promise(resolve => setTimeout(resolve, 10))
      console.log(heard)`)
    expect((await child.finished()).split('\n')).toEqual([
      'TimeoutError',
      'x',
      'InterruptedError',
      'TimeoutError',
      '0',
      '1',
      'InterruptedError',
      '0',
      '2',
      '',
    ])
  })

  test.each([
    ['the listener was there before', `import('bsd-sockets')`, `process.on('SIGUSR2', listener)`, ''],
    ['it is added after that', `import('bsd-sockets')`, '', `process.on('SIGUSR2', listener)`],
  ])('ends the first call of the program, although it arrived earlier: %s', async (_, imported, early, late) => {
    const child = new Child(
      process.execPath,
      inline(`const listener = () => console.log('listened')
      ${early}
      const { Socket } = await ${imported}
      ${late}
      const [a] = Socket.pair()
      a.settimeout(2000)
      process.kill(process.pid, 'SIGUSR2')
      try { a.recv(1) } catch (error) { console.log(error.name) }`),
    )
    expect(await child.finished()).toBe('InterruptedError\nlistened\n')
  })

  test('ends a call in each later turn of the event loop in which it arrives, but none in its listener or after', async () => {
    const child = script(`
      const [a] = C.Socket.pair()
      a.settimeout(50)
      const outcome = () => { try { a.recv(1) } catch (error) { return error.name } }
      const turn = () => new Promise(resolve => setTimeout(resolve, 20))
      process.on('SIGUSR2', () => console.log('listened', outcome()))
      console.log(outcome())
      for (let i = 0; i < 3; i++) {
        await turn()
        process.kill(process.pid, 'SIGUSR2')
        console.log(outcome(), outcome())
        await turn()
        console.log(outcome())
        process.kill(process.pid, 'SIGUSR2')
        await turn()
        console.log(outcome())
      }`)
    const turns = ['InterruptedError TimeoutError', 'listened TimeoutError', 'TimeoutError']
    const once = [...turns, 'listened TimeoutError', 'TimeoutError']
    expect((await child.finished()).trim().split('\n')).toEqual(['TimeoutError', ...once, ...once, ...once])
  })

  test('ends no call any more after its listener was called', async () => {
    const child = script(`
      process.on('SIGUSR2', () => console.log('listened'))
      const [a] = C.Socket.pair()
      a.settimeout(50)
      C.select([], [], [], 0)
      process.kill(process.pid, 'SIGUSR2')
      await new Promise(resolve => setTimeout(resolve, 20))
      try { a.recv(1) } catch (error) { console.log(error.name) }`)
    expect(await child.finished()).toBe('listened\nTimeoutError\n')
  })

  test('a removed listener restores the default of the signal', async () => {
    const child = script(`
      const listener = () => {}
      process.on('SIGUSR2', listener)
      C.select([], [], [], 1)
      process.off('SIGUSR2', listener)
      process.once('SIGUSR2', () => console.log('listened again'))
      C.select([], [], [], 1)
      process.kill(process.pid, 'SIGUSR2')
      await new Promise(resolve => setTimeout(resolve, 20))
      console.log('ready')
      C.createServer(['127.0.0.1', 0]).accept()`)
    await child.printed(/listened again\nready/)
    child.process.kill('SIGUSR2')
    expect(await child.ended).toEqual({ code: null, signal: 'SIGUSR2' })
  })
})

test('without a listener Ctrl-C ends the program in a blocked accept', async () => {
  const child = new Child(process.execPath, [program('blocked'), 'accept'])
  await child.printed(/ready/)
  const before = performance.now()
  child.process.kill('SIGINT')
  expect(await child.ended).toEqual({ code: null, signal: 'SIGINT' })
  expect(performance.now() - before).toBeLessThan(1000)
})

describe('a storm of signals', () => {
  /** The number of calls at both ends that a signal ended, and whether all bytes arrived. */
  async function transfer(
    signal: NodeJS.Signals,
    ...words: string[]
  ): Promise<{ interrupted: number; whole: boolean }> {
    const from = new Child(process.execPath, [program('storm'), 'send', ...words])
    const port = await from.port()
    const over = /^interrupted (\d+) times, (\w+)$/m
    const sending = storm(from, signal, over)
    await sleep(100) // accept has seen some
    const to = new Child(process.execPath, [program('storm'), 'receive', String(port), ...words])
    await to.printed(/ready/)
    const [sent, received] = await Promise.all([sending, storm(to, signal, over)])
    for (const child of [from, to]) child.process.stdin.end()
    await Promise.all([from.finished(), to.finished()])
    return { interrupted: Number(sent[1]) + Number(received[1]), whole: sent[2] === received[2] }
  }

  test('with a listener: 64 MiB arrive, no byte lost', { timeout: 60_000 }, async () => {
    const { interrupted, whole } = await transfer('SIGUSR2', 'heard')
    expect(interrupted).toBeGreaterThan(3)
    expect(whole).toBe(true)
  })

  test('without a listener is not noticed', { timeout: 60_000 }, async () => {
    expect(await transfer('SIGCHLD', 'child')).toEqual({ interrupted: 0, whole: true })
  })

  test('without a listener is not noticed, even if another signal has one', { timeout: 60_000 }, async () => {
    expect(await transfer('SIGCHLD', 'child', 'heard')).toEqual({ interrupted: 0, whole: true })
  })

  test('does not delay the end of a timeout', async () => {
    const child = script(`
      import { spawn } from 'node:child_process'
      const sleeper = spawn('sleep', ['100'])
      await new Promise(resolve => sleeper.once('spawn', resolve))
      console.log('ready')
      const [a] = C.Socket.pair()
      a.settimeout(400)
      const before = performance.now()
      try { a.recv(1) } catch (error) { console.log(error.name, performance.now() - before) }
      sleeper.kill()`)
    await child.printed(/ready/)
    const [, took] = await storm(child, 'SIGCHLD', /^TimeoutError (\S+)$/m)
    expect(Number(took)).toBeGreaterThanOrEqual(400)
    expect(Number(took)).toBeLessThan(2000)
    await child.finished()
  })
})

// script(1) of util-linux, which has -c. Its child is found in /proc.
test.skipIf(process.platform !== 'linux' || !tool('script'))(
  'SIGWINCH of a terminal, for which Node has a listener, ends no call',
  async () => {
    const body = `
    const C = await import('bsd-sockets')
    console.log(String(process.stdout.isTTY && process.eventNames().includes('SIGWINCH')))
    const [a] = C.Socket.pair()
    a.settimeout(300)
    try { a.recv(1) } catch (error) { console.log(error.name) }`
    const quoted = inline(body).map(argument => `'${argument.replaceAll("'", `'\\''`)}'`)
    const command = `exec ${process.execPath} ${quoted.join(' ')}`
    const child = new Child('script', ['-qec', command, '/dev/null'], { SHELL: '/bin/sh' })
    await child.printed(/true/)
    const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'))
    const interval = setInterval(() => {
      try {
        process.kill(pid, 'SIGWINCH')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has ended, and its output will arrive
      }
    }, 5)
    await child.printed(/TimeoutError/).finally(() => clearInterval(interval))
    await child.finished()
  },
)

// strace makes a call fail before it reaches the kernel.
describe.skipIf(!tool('strace'))('EINTR in every second call of', () => {
  const echo = `
    const server = C.createServer(['127.0.0.1', 0])
    const client = new C.Socket()
    client.connect(server.getsockname())
    const [peer] = server.accept()
    for (let i = 0; i < 20; i++) {
      client.sendall('message ' + i)
      peer.settimeout(i % 2 === 0 ? 1000 : null)
      peer.sendall(peer.recv(100))
      if (String(client.recv(100)) !== 'message ' + i) throw new Error('lost')
    }
    client.settimeout(30)
    try { client.recv(1) } catch (error) { console.log(error.name) }
    const selector = new C.Selector()
    selector.register(peer, C.EVENT_READ)
    console.log(selector.select(30).length, C.select([peer], [], [], 30)[0].length, C.poll([peer], 30).length)
    console.log('whole')`

  test.each(['accept4', 'epoll_wait', 'poll', 'pselect6', 'recvfrom', 'sendto'])('%s is not noticed', async call => {
    const injected = `inject=${call}:error=EINTR:when=1+2`
    const args = ['-f', '-qq', '-e', `trace=${call}`, '-e', injected, process.execPath]
    const child = new Child('strace', [...args, ...inline(`import * as C from 'bsd-sockets'\n${echo}`)])
    expect(await child.finished()).toBe('TimeoutError\n0 0 0\nwhole\n')
    expect(child.stderr).toMatch(/EINTR .*\(INJECTED\)/)
  })

  test('connect: the next call has its result, or begins it', async () => {
    const args = ['-f', '-qq', '-e', 'trace=connect', '-e', 'inject=connect:error=EINTR:when=1', process.execPath]
    const body = `
      const server = C.createServer(['127.0.0.1', 0])
      const client = new C.Socket()
      client.connect(server.getsockname())
      console.log(client.getpeername().port === server.getsockname().port)`
    const child = new Child('strace', [...args, ...inline(`import * as C from 'bsd-sockets'\n${body}`)])
    // The first call did not reach the kernel, so no connection was in progress.
    expect(await child.finished()).toBe('true\n')
    expect(child.stderr.match(/AF_INET.*INJECTED/g)).toHaveLength(1)
  })
})
