// The library's own trace, `trace --own`: the calls that strace sees, and the line of the program that made each.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { root } from '../../support/root.js'
import type { Line } from './run.js'
import { arrowsOf, linesOfTrace, temporary, traced } from './run.js'

const lines = [
  `import { Socket } from ${JSON.stringify(pathToFileURL(join(root, 'lib/index.js')).href)}`,
  'const server = new Socket()',
  "server.bind(['127.0.0.1', 0])",
  'server.listen()',
  'const client = new Socket()',
  'client.connect(server.getsockname())',
  'const [connection] = server.accept()',
  "client.sendall('hello')",
  'connection.recv(10)',
  'for (const socket of [client, connection, server]) socket.close()',
]

function programFile(): string {
  const file = join(temporary(), 'program.mjs')
  writeFileSync(file, lines.join('\n'))
  return file
}

const inC: Record<string, string> = { send: 'sendto', recv: 'recvfrom' } // what libc makes of these
const calls = (trace: readonly Line[]): [string, number | undefined, string | undefined][] =>
  trace.flatMap(({ kind, call, errno, size }) => (kind === 'call' ? [[inC[call!] ?? call!, size, errno]] : []))

traced('has the calls and the arrows that strace has', async () => {
  const file = programFile()
  const [own, theirs] = [
    await linesOfTrace([process.execPath, file], '--own'),
    await linesOfTrace([process.execPath, file]),
  ]
  expect(calls(own).length).toBeGreaterThan(9)
  expect(calls(own)).toEqual(calls(theirs))
  const renamed = arrowsOf(own).map(arrow => arrow.replace('send ', 'sendto ').replace('recv ', 'recvfrom '))
  expect(renamed).toEqual(arrowsOf(theirs))
})

test('has the line of the program that made each call', async () => {
  const file = programFile()
  const trace = await linesOfTrace([process.execPath, file], '--own')
  const places = trace.flatMap(({ kind, call, source }) =>
    kind === 'call' ? [`${call} ${source?.split(':').at(-2)}`] : [],
  )
  for (const [call, text] of Object.entries({
    bind: 'server.bind',
    connect: 'client.connect',
    send: 'sendall',
    recv: 'recv(',
  }))
    expect(places).toContain(`${call} ${lines.findIndex(line => line.includes(text)) + 1}`)
  expect(trace.find(({ call }) => call === 'bind')!.source).toContain(file)
})
