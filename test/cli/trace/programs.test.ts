// Traces of real programs: what each end did, what passed between them, and in which states they were.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { run, start } from '../../support/echo-server.js'
import { python } from '../../support/python.js'
import { root } from '../../support/root.js'
import { tool } from '../../support/tools.js'
import { callsOf, fileOf, pictures } from '../../support/trace-pictures.js'
import { arrowsOf, callsOfLines, linesOf, linesOfTrace, statesOf, temporary, trace, traced } from './run.js'
import type { Line } from './run.js'

/** Traces the program of a picture, whose calls must be those that the picture shows. */
async function linesOfPicture(name: keyof typeof pictures): Promise<Line[]> {
  const { command, options } = pictures[name]!
  const lines = await linesOfTrace(command, ...options)
  expect(callsOfLines(lines)).toEqual(callsOf(readFileSync(fileOf(name, 'svg'), 'utf8')))
  return lines
}

traced('echo-message and its client: both ends, the bytes, and the states', async () => {
  const lines = await linesOfPicture('echo')
  expect(arrowsOf(lines)).toEqual([
    'connect -> accept4',
    'sendto -> recvfrom 12',
    'shutdown -> recvfrom',
    'sendto -> recvfrom 12',
    'close -> recvfrom',
  ])
  // FIN_WAIT_1 until the acknowledgement has come.
  expect(statesOf(lines, /client/).join(' ')).toMatch(/^SYN_SENT ESTABLISHED FIN_WAIT_[12] TIME_WAIT$/)
  expect(statesOf(lines, /message\.js/)).toEqual(['LISTEN', 'ESTABLISHED', 'CLOSE_WAIT', 'CLOSED', 'CLOSED'])
  const client = lines.filter(({ program }) => program === 'node echo-message-client.js')
  expect(client.find(({ call }) => call === 'sendto')).toMatchObject({
    size: 12,
    bytes: Buffer.from('Hello, world').toString('base64'),
  })
  expect(lines.find(({ call }) => call === 'accept4' && true)?.sockets?.[0]?.protocol).toBe('TCP')
  for (const { began, ended, kind } of lines) if (kind === 'call') expect(ended).toBeGreaterThanOrEqual(began)
})

describe.skipIf(!tool('nc'))('nc', () => {
  traced('a Python client against nc -l', async () => {
    const lines = await linesOfPicture('nc')
    const arrows = arrowsOf(lines).map(arrow => arrow.replaceAll('accept4', 'accept'))
    expect(arrows[0]).toBe('connect -> accept')
    expect(arrows).toContain('write -> recvfrom 8')
    expect(arrows).toContain('sendto -> read 11')
    expect(new Set(lines.map(({ program }) => program.split(' ')[0]!.replace(/[\d.]+$/, '')))).toEqual(
      new Set(['nc', 'python']),
    )
  })
})

describe.skipIf(!tool('curl'))('curl', () => {
  traced('a request to the HTTP server', async () => {
    const lines = await linesOfPicture('curl')
    const arrows = arrowsOf(lines)
    expect(arrows[0]).toBe('connect -> accept4')
    const [, request, answer] = arrows.map(arrow => arrow.split(' '))
    expect(request?.slice(0, 2)).toEqual(['sendto', '->'])
    expect(request?.[2]).toMatch(/^re(ad|cv)/)
    expect(answer?.[2]).toBe('recvfrom')
    expect(new Set(lines.map(({ call }) => call)).has('epoll_wait')).toBe(false)
    const sent = lines.find(({ call, program }) => call === 'sendto' && program === 'curl')
    expect(Buffer.from(sent!.bytes!, 'base64').toString()).toMatch(/^GET \/ HTTP\/1\.1\r\n/)
  })
})

traced('three processes: a parent and two children that it has forked, with Unix sockets and datagrams', async () => {
  const lines = await linesOfPicture('processes')
  expect(arrowsOf(lines).sort()).toEqual([
    'exit -> recvfrom',
    'sendto -> recvfrom 6',
    'sendto -> recvfrom 8',
    'sendto -> recvfrom 8',
  ])
  expect(new Set(lines.map(({ pid }) => pid)).size).toBe(3)
})

describe.each(Object.keys(pictures).filter(name => name.startsWith('guide-')))('%s', name => {
  traced('the program has the calls of its picture', async () => {
    const file = fileURLToPath(new URL(`../../../docs/guide/${name.slice('guide-'.length)}.md`, import.meta.url))
    expect(readFileSync(file, 'utf8')).toContain(`(../images/trace-${name}.svg)`)
    expect((await linesOfPicture(name as keyof typeof pictures)).length).toBeGreaterThan(4)
  })
})

traced('the options of the program are its own, with and without --', async () => {
  for (const separator of [['--'], []]) {
    const { code, stdout } = await run([...trace, '-o', '/dev/null', ...separator, 'echo', '--port', '5', '--', '-h'])
      .ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: '--port 5 -- -h\n' })
  }
})

traced('--pid joins a running server and leaves it', async () => {
  const server = await start([process.execPath, join(root, 'bin/bsd-sockets.js'), 'echo', '--port', '0'])
  const file = join(temporary(), 'trace.json')
  const joined = spawn(trace[0]!, [...trace.slice(1), '--pid', `${server.child.pid}`, '-o', file])
  onTestFinished(() => void joined.kill('SIGKILL'))
  const all = (): string => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return ''
    }
  }
  // Each client that comes after it has joined is in the file.
  while (!linesOf(all().replace(/[^\n]*$/, '')).some(({ size }) => size === 4)) {
    const client = await server.connect()
    client.end('ping')
    await once(client.resume(), 'close')
  }
  joined.kill('SIGINT')
  expect(await once(joined, 'exit')).toEqual([0, null])
  expect(linesOf(all()).map(({ program }) => program)).toContain('node bsd-sockets.js')
  await server.stop()
})

test('usage errors', async () => {
  for (const [args, name] of [
    [['--svg', 'true'], '-o FILE'],
    [['--svg', '--html', 'true'], '--html'],
    [['--pid', '1', 'true'], '--pid'],
    [['--calls', 'conect', 'true'], 'connect'],
    [['--time', 'never', 'true'], '--time'],
  ] as const) {
    const { code, stderr } = await run([...trace, ...args]).ended
    expect(code).toBe(2)
    expect(stderr).toContain(name)
  }
})

traced('an SVG image and an HTML page have each call, and fetch nothing', async () => {
  const folder = temporary()
  const command = [python, '-c', "import socket; a, b = socket.socketpair(); a.send(b'<&\\0'); b.recv(9)"]
  const [svg, html] = await Promise.all(
    ['svg', 'html'].map(async form => {
      const file = join(folder, `trace.${form}`)
      expect((await run([...trace, '-o', file, '--', ...command]).ended).code).toBe(0)
      return readFileSync(file, 'utf8')
    }),
  )
  expect(svg).toMatch(/^<svg xmlns=.*role="img">/)
  expect(svg).toMatch(/>sendto\(\d+, &#34;&#60;&#38;\\x00&#34;\) = 3</)
  expect(html).not.toMatch(/\b(src|href)=|@import|\burl\((?!#)/)
  const [, data] = /<script type="application\/json" id="records-0">(.*?)<\/script>/s.exec(html!)!
  const records = JSON.parse(data!) as { call?: string; bytes?: string }[]
  expect(records.filter(({ call }) => call !== undefined).map(({ call }) => call)).toEqual(
    expect.arrayContaining(['socketpair', 'sendto', 'recvfrom']),
  )
  expect(records.find(({ call }) => call === 'recvfrom')?.bytes).toBe(Buffer.from('<&\0').toString('base64'))
  const [, script] = /<script>(.*)<\/script>/s.exec(html!)!
  expect(() => new Script(script!)).not.toThrow()
})

traced('the text has a column for each process, and a file has no colours', async () => {
  const folder = temporary()
  const file = join(folder, 'trace.txt')
  writeFileSync(file, '')
  const done = await run([...trace, '-o', file, '-w', '140', '--', ...pictures.echo.command]).ended
  expect(done.code).toBe(0)
  const text = readFileSync(file, 'utf8')
  expect(text).toMatch(/^ +node echo-message\.js \d+ +│ node echo-message-client\.js \d+$/m)
  expect(text).toMatch(/listen\(\d+, 10\) = 0 {2}→ LISTEN/)
  expect(text).toMatch(/recvfrom\(\d+, "Hello, world"\) = 12[^│]*│◀─+ 12 bytes/)
  expect(text).toMatch(/12 bytes ─+▶│ recvfrom\(\d+, "Hello, world"\) = 12/m)
  expect(text).toMatch(/poll\(\d+ POLLIN\) ⋯$/m)
  expect(text).not.toContain('\x1b')
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(140)
  const refused = "import socket\ntry: socket.create_connection(('127.0.0.1', 1))\nexcept OSError: pass"
  const coloured = await run([
    'env',
    '-u',
    'NO_COLOR',
    'FORCE_COLOR=1',
    ...trace,
    '-w',
    '80',
    '--',
    python,
    '-c',
    refused,
  ]).ended
  expect(coloured.stderr.replaceAll('\x1b', 'ESC')).toMatch(/ESC\[31m connect\(\d+, 127\.0\.0\.1:1\) = -1 ECONNREFUSED/)
})
