// Compares what the guide shows of strace and ss with what they print now.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'bsd-sockets'
import { expect, onTestFinished, test } from 'vitest'
import { program } from '../support/child.js'
import { root } from '../support/root.js'
import { tool } from '../support/tools.js'

const straceWorks = tool('strace') && spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0
if (!straceWorks) console.warn('skipped: strace cannot trace here')
const canTrace = straceWorks && tool('curl')

test.skipIf(!canTrace)(`one request${canTrace ? '' : ' (skipped: no curl, or no strace that works)'}`, () => {
  const script = join(root, 'scripts/trace-request.js')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

/** The lines of a block of the chapter on looking. */
function block(name: string): string[] {
  const page = readFileSync(join(root, 'docs/guide/looking.md'), 'utf8')
  return new RegExp(`<!-- ${name} -->\n\n\`\`\`\n([^]*?)\n\`\`\``).exec(page)![1]!.split('\n')
}

test.skipIf(!straceWorks || !tool('gcc'))('the calls that strace prints', () => {
  const folder = mkdtempSync(join(tmpdir(), 'looking-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [binary, file] = [join(folder, 'looking'), join(folder, 'calls')]
  execFileSync('gcc', ['-std=c11', '-D_GNU_SOURCE', '-o', binary, join(root, 'examples/guide/looking/looking.c')])
  execFileSync('strace', ['-qq', '-o', file, '-e', 'trace=%network', binary], { stdio: 'ignore' })
  const shown = block('strace')
  expect(readFileSync(file, 'utf8').trimEnd().split('\n').slice(-shown.length)).toEqual(shown)
})

test.skipIf(!tool('ss'))('the sockets that ss lists', async () => {
  const server = program('guide/looking/leaking')
  const port = await server.port()
  const address = { address: '127.0.0.1', port }
  const staying = createConnection(address)
  onTestFinished(() => staying.close())
  for (let i = 0; i < 2; i++) createConnection(address).close()
  await server.printed(/ended\nended\n/)
  // Ports and descriptors differ, the name of Node's thread and the spaces too; the kernel has an order of its own.
  const alike = (lines: string[]): string[] =>
    lines
      .map(line =>
        line
          .trim()
          .replace(/"[^"]*"|\d{2,}/g, '…')
          .replace(/fd=\d+/, 'fd=…')
          .replaceAll(/ +/g, ' '),
      )
      .sort()
  const listed = execFileSync('ss', ['-Htanp', `sport = :${port}`], { encoding: 'utf8' })
  expect(alike(listed.trimEnd().split('\n'))).toEqual(alike(block('ss')))
})
