// Two copies of the package in one process, as with two versions in node_modules. Each loads its own addon, and both are
// notified of the signals of the process.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { addonFile } from '../../lib/tested.js'
import { Child, inline } from '../support/child.js'
import { root } from '../support/root.js'

const folder = mkdtempSync(join(tmpdir(), 'copies-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Copies the package and returns the URL of its module. */
function copy(name: string, entry = 'index'): string {
  const place = join(folder, name)
  cpSync(join(root, 'lib'), join(place, 'lib'), { recursive: true })
  cpSync(join(root, 'package.json'), join(place, 'package.json'))
  cpSync(addonFile(), join(place, 'build/Release/bsd_sockets.node'))
  return pathToFileURL(join(place, `lib/${entry}.js`)).href
}

const urls = { a: copy('a'), b: copy('b') }

const script = (body: string): Child =>
  new Child(
    process.execPath,
    inline(`
      import { Worker } from 'node:worker_threads'
      const urls = ${JSON.stringify(urls)}
      const copies = {}
      const load = async name => (copies[name] = await import(urls[name]))
      let heard = 0
      const listener = () => heard++
      const turn = () => new Promise(resolve => setTimeout(resolve, 20))
      const wait = (name, timeout = 10_000) => {
        const [one, other] = copies[name].Socket.pair()
        one.settimeout(timeout)
        try {
          one.recv(1)
        } catch (error) {
          return error.name
        } finally {
          one.close()
          other.close()
        }
      }
      // A copy that has never waited may miss a signal of an earlier turn of the event loop: docs/architecture.md
      const begin = () => Object.keys(copies).map(name => wait(name, 1))
      const signal = async name => {
        const before = heard
        process.kill(process.pid, 'SIGUSR2')
        const outcome = wait(name)
        do await turn()
        while (heard === before)
        console.log(name, outcome, heard - before, wait(name, 1))
      }
      ${body}`),
    { BSD_SOCKETS_ADDON: '' },
  )

const expected = (...names: string[]): string => names.map(name => `${name} InterruptedError 1 TimeoutError\n`).join('')

const loads: Record<string, [string, string]> = {
  'a, then b': ["await load('a')", "await load('b')"],
  'b, then a': ["await load('b')", "await load('a')"],
}
const listen = "process.on('SIGUSR2', listener)"

describe.each(Object.entries(loads))('%s', (_, [first, second]) => {
  test.each([
    ['before both', [listen, first, second]],
    ['between', [first, listen, second]],
    ['after both', [first, second, listen]],
    ['between, and the first has waited', [first, listen, 'begin()', second]],
  ])(
    'a listener that is added %s gets each signal once, and the signal ends a wait of either copy',
    async (_, steps) => {
      const child = script(`
      ${steps.join('\n')}
      begin()
      for (const name of ['a', 'b', 'b', 'a']) await signal(name)
      process.off('SIGUSR2', listener)
      process.on('SIGUSR2', listener)
      for (const name of ['b', 'a', 'a', 'b']) await signal(name)`)
      expect(await child.finished()).toBe(expected('a', 'b', 'b', 'a', 'b', 'a', 'a', 'b'))
    },
  )

  test('a signal during a wait ends it', async () => {
    const child = script(`
      ${first}
      ${second}
      ${listen}
      begin()
      for (const name of ['a', 'b', 'a']) {
        console.log('waiting in', name)
        const before = heard
        console.log(wait(name, null))
        do await turn()
        while (heard === before)
        console.log('heard', heard)
      }`)
    for (const [i, name] of ['a', 'b', 'a'].entries()) {
      await child.printed(new RegExp(`(waiting in .[^]*){${i + 1}}$`))
      expect(child.stdout).toMatch(new RegExp(`waiting in ${name}\n$`))
      process.kill(child.pid, 'SIGUSR2') // the ChildProcess of Deno sends only one signal
      await child.printed(new RegExp(`InterruptedError\nheard ${i + 1}\n`))
    }
    await child.finished()
  })

  test('signals still work after threads of both copies have ended', async () => {
    const child = script(`
      ${first}
      ${listen}
      const thread = name => new Promise(resolve => {
        const program = "import(" + JSON.stringify(urls[name]) + ").then(({ Socket }) => Socket.pair().forEach(one => one.close()))"
        new Worker(program, { eval: true }).on('exit', resolve)
      })
      begin()
      console.log(await thread('a'), await thread('b')) // one copy is loaded in its thread only: its addon is unloaded with it
      for (const name of Object.keys(copies)) await signal(name)
      ${second}
      begin()
      console.log(await thread('a'), await thread('b'))
      for (const name of ['a', 'b']) await signal(name)`)
    const name = first.includes("'a'") ? 'a' : 'b'
    expect(await child.finished()).toBe(`0 0\n${expected(name)}0 0\n${expected('a', 'b')}`)
  })
})

test('a storm of signals calls the listener each time: the handlers do not call each other', async () => {
  const child = script(`
    await load('a')
    await load('b')
    console.log(copies.a.Socket === copies.b.Socket)
    ${listen}
    begin()
    for (let i = 0; i < 200; i++) {
      process.kill(process.pid, 'SIGUSR2')
      wait(i % 2 === 0 ? 'a' : 'b')
      if (i % 10 === 9) await turn()
    }
    console.log(heard)`)
  expect(await child.finished()).toBe('false\n200\n')
})
