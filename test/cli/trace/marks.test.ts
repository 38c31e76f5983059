// The line of the program that made each call, in a trace by strace: the program tells it by marks.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { Marks } from '../../../src/cli/trace/marks.js'
import type { Call, Event } from '../../../src/cli/trace/event.js'
import { run } from '../../support/echo-server.js'
import { root } from '../../support/root.js'
import { linesOf, linesOfTrace, temporary, trace, traced } from './run.js'

const module = (name: string): string => JSON.stringify(pathToFileURL(join(root, 'lib', name)).href)

function programFile(name: string, text: string): string {
  const file = join(temporary(), name)
  writeFileSync(file, text)
  return file
}

describe('a mark', () => {
  let now = 0
  const call = (name: string, fd: number, result: number, tid = 1): Call => ({
    ...{ kind: 'call', pid: 1, tid, name, args: [`${fd}`], result: `${result}`, descriptors: [], made: [] },
    ...{ began: now, ended: ++now },
  })
  /** As strace writes it, in pieces. */
  const marked = (content: object | null, tid = 1): Call => {
    const text = `bsd-sockets:call ${JSON.stringify(content)}`
    const pieces = text.match(/.{1,20}/gs)!.map(piece => `{iov_base=${JSON.stringify(piece)}, iov_len=${piece.length}}`)
    return { ...call('writev', -1, -1, tid), args: ['-1', `[${pieces.join(', ')}]`], errno: 'EBADF' }
  }
  const mark = (name: string, first: number, result: number, source?: string, tid = 1): Call =>
    marked({ name, result, first, source }, tid)

  /** The calls and their lines, once all events have come. */
  function read(events: readonly Event[]): string[] {
    const marks = new Marks()
    return [...events.flatMap(event => [...marks.add(event)]), ...marks.rest()].map(event =>
      event.kind === 'call' ? `${event.name} ${event.args[0]} ${event.source ?? '-'}` : event.kind,
    )
  }

  test('gives its call the line, by the name in C, and is no event itself', () => {
    const events = [marked(null), call('recvfrom', 5, 12), mark('recv', 5, 12, '/a.ts:1:2')]
    expect(read(events)).toEqual(['recvfrom 5 /a.ts:1:2'])
  })

  test.each([
    ['name', mark('send', 5, 12, '/a.ts:1:2')],
    ['descriptor', mark('recv', 6, 12, '/a.ts:1:2')],
    ['result', mark('recv', 5, 11, '/a.ts:1:2')],
    ['error', marked({ name: 'recv', first: 5, result: 12, errno: 'EAGAIN', source: '/a.ts:1:2' })],
    ['thread', mark('recv', 5, 12, '/a.ts:1:2', 2)],
  ])('of another %s gives none', (_, other) => {
    expect(read([marked(null), marked(null, 2), call('recvfrom', 5, 12), other])).toEqual(['recvfrom 5 -'])
  })

  test('that is seen to begin and then to end is one mark', () => {
    const first = mark('write', 5, 3, '/a.ts:1:2')
    const { ended: _, ...begun } = first
    const events = [marked(null), call('write', 5, 3), begun, first, call('write', 5, 3), begun, first]
    expect(read(events)).toEqual(['write 5 /a.ts:1:2', 'write 5 /a.ts:1:2'])
    expect(read([marked(null), call('write', 5, 3), begun, call('write', 5, 3), first])).toEqual([
      'write 5 -',
      'write 5 -',
    ])
  })

  test('that may be of two calls gives none of them a line', () => {
    const events = [marked(null), call('write', 5, 3), call('write', 5, 3), mark('write', 5, 3, '/a.ts:1:2')]
    expect(read(events)).toEqual(['write 5 -', 'write 5 -'])
  })

  test('may come after other calls, in the order of the calls', () => {
    const events = [
      ...[marked(null), call('recvfrom', 5, 4), call('recvfrom', 6, 4), call('read', 9, 1)],
      ...[mark('recv', 5, 4, '/a.ts:5:1'), mark('recv', 6, 4, '/a.ts:6:1')],
    ]
    expect(read(events)).toEqual(['recvfrom 5 /a.ts:5:1', 'recvfrom 6 /a.ts:6:1', 'read 9 -'])
  })

  test('without a line ends the wait for it', () => {
    const marks = new Marks()
    const events = [marked(null), call('recvfrom', 5, 4), mark('recv', 5, 4)]
    expect(events.flatMap(event => [...marks.add(event)])).toHaveLength(1)
  })

  test('is waited for while its thread runs, and for a second', () => {
    const marks = new Marks()
    const add = (event: Event) => [...marks.add(event)].length
    expect([add(marked(null)), add(call('close', 5, 0)), add(call('close', 6, 0, 2))]).toEqual([0, 0, 0])
    expect(add({ kind: 'exit', pid: 1, tid: 1, at: now, how: 'exited with 0' })).toBe(3)
    expect([add(marked(null)), add(call('close', 5, 0))]).toEqual([0, 0])
    expect(add({ ...call('close', 6, 0, 2), ended: now + 2000 })).toBe(2)
  })

  test('of a program that has none is not waited for', () => {
    const marks = new Marks()
    expect([...marks.add(call('recvfrom', 5, 4))]).toHaveLength(1)
  })
})

const promises = [
  `import { createServer, Socket } from ${module('promises.js')}`,
  "import { connect } from 'node:net'",
  "const server = await createServer(['127.0.0.1', 0])",
  'const { port } = server.getsockname()',
  'const client = new Socket()',
  "await client.connect(['127.0.0.1', port])",
  'const [connection] = await server.accept()',
  "await client.sendall('hello')",
  'console.log(String(await connection.recv(10)))',
  "const other = connect(port, '127.0.0.1', () => other.destroy())",
  'await new Promise(resolve => other.once("close", resolve))',
  'for (const socket of [client, connection, server]) socket.close()',
  'process.exitCode = 3',
].join('\n')

const placesOf = (lines: readonly { call?: string; source?: string }[]): string[] =>
  lines.flatMap(({ call, source }) => (call === undefined ? [] : [`${call} ${source?.split(':').at(-2)}`]))

traced("each call of the package has its line, and those of Node's net have none", async () => {
  const file = programFile('program.mjs', promises)
  const out = join(temporary(), 'trace.json')
  const { code, stdout, stderr } = await run([...trace, '-o', out, '--', file]).ended
  expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: 'hello\n', stderr: '' })
  const lines = linesOf(readFileSync(out, 'utf8'))
  const text = promises.split('\n')
  for (const [call, part] of Object.entries({
    bind: 'createServer(',
    getsockname: 'getsockname',
    socket: 'new Socket',
    sendto: 'sendall',
    recvfrom: 'connection.recv',
    accept4: 'server.accept',
  }))
    expect(placesOf(lines)).toContain(`${call} ${text.findLastIndex(line => line.includes(part)) + 1}`)
  expect(lines.find(({ call }) => call === 'bind')!.source).toContain(file)
  expect(placesOf(lines)).toContain('socket undefined') // of net
  expect(lines.filter(({ args }) => args?.[0] === '-1')).toEqual([])
})

traced('the lines are those that --own has', async () => {
  const name = 'program.mjs'
  const lines = [
    `import { Socket } from ${module('index.js')}`,
    'const [a, b] = Socket.pair()',
    "for (const text of ['one', 'two', 'one']) a.sendall(text)",
    'b.recv(2)',
    "for (let i = 0; i < 20; i++) a.sendall('x'), b.recv(100)",
    'b.settimeout(0)',
    'try { b.recv(1) } catch { a.close() }',
  ]
  const file = programFile(name, lines.join('\n'))
  const [theirs, own] = [
    await linesOfTrace([process.execPath, file]),
    await linesOfTrace([process.execPath, file], '--own'),
  ]
  const places = placesOf(own).map(place => place.replace(/^send /, 'sendto ').replace(/^recv /, 'recvfrom '))
  expect(places.length).toBeGreaterThan(40)
  expect(places.filter(place => place.endsWith('undefined'))).toEqual([])
  expect(placesOf(theirs)).toEqual(places)
})

traced('a program in TypeScript has the lines of its source, in the page too', async () => {
  const source = `import { Socket } from ${module('index.js')}
interface Pair { left: Socket; right: Socket }

const [left, right]: [Socket, Socket] = Socket.pair()
const pair: Pair = { left, right }
pair.left.sendall('é'.repeat(3))
`
  const file = programFile('program.mjs', '')
  const typescript = join(file, '..', 'lines.ts')
  writeFileSync(typescript, source)
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, inlineSourceMap: true }
  writeFileSync(file, ts.transpileModule(source, { compilerOptions: options, fileName: 'lines.ts' }).outputText)
  const page = join(temporary(), 'trace.html')
  const { code } = await run(['env', 'NODE_OPTIONS=--enable-source-maps', ...trace, '-o', page, '--', file]).ended
  expect(code).toBe(0)
  expect(readFileSync(page, 'utf8')).toContain(`"source":"${typescript}:6:11"`)
})

traced('only the forms that show lines ask for them', async () => {
  const asked = async (form: string): Promise<string> =>
    (await run([...trace, '-o', join(temporary(), form), '--', 'sh', '-c', 'echo "<$BSD_SOCKETS_TRACE_MARKS>"']).ended)
      .stdout
  expect([await asked('a.txt'), await asked('a.svg')]).toEqual(['<>\n', '<>\n'])
  expect([await asked('a.json'), await asked('a.html')]).toEqual(['<1>\n', '<1>\n'])
})
