// Each snippet of TypeScript in the pages and in the docstrings compiles, by itself, under `strict`.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

const filesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => pattern.test(name) && !name.includes('node_modules'))
    .map(name => join(folder, name))

// What a fragment in the docstring of a function stands for: it has no imports of its own.
const around = `
import { getOption, MessageBatch, options, roomFor, setOption } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'
import { connector } from 'bsd-sockets/streams'
import http from 'node:http'
import { Agent, fetch } from 'undici'
declare const socket: Socket
declare const request: { socket: import('node:net').Socket }
declare const answer: (bytes: Buffer) => Buffer
declare const consume: (bytes: Buffer) => void
void [getOption, MessageBatch, options, roomFor, setOption, connector, http, Agent, fetch]
`

interface Snippet {
  /** A file in a folder from which the package's names resolve. */
  file: string
  from: string
  text: string
}

function snippetsOf(path: string): Snippet[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  const snippets: Snippet[] = []
  for (let i = 0; i < lines.length; i++) {
    const [, margin, language] = /^(\s*(?:\* )?)```(ts|js)$/.exec(lines[i]!) ?? []
    if (language === undefined) continue
    const begin = ++i
    while (lines[i] !== `${margin}\`\`\``) i++
    const text = lines
      .slice(begin, i)
      .map(line => line.slice(margin!.length))
      .join('\n')
    const file = join(
      root,
      'build/snippets',
      `${snippets.length}-${relative(root, path).replaceAll(/\W/g, '-')}.${language}`,
    )
    snippets.push({
      file,
      from: `${relative(root, path)}:${begin}`,
      text: `${text}\n${/^import /m.test(text) || !path.endsWith('.ts') ? 'export {}' : around}\n`,
    })
  }
  return snippets
}

test('every snippet compiles', () => {
  // Those of the recipes and of the guide are parts of programs that the build compiles: test/examples/.
  // Those of the reference, where it was made, are the docstrings'.
  const pages = filesIn('docs', /\.md$/).filter(path => !/^docs\/(?:recipes|guide|reference)\//.test(path))
  const paths = ['README.md', ...pages, ...filesIn('packages', /\.md$/), ...filesIn('src', /\.ts$/)]
  const snippets = paths.flatMap(path => snippetsOf(join(root, path)))
  expect(snippets.length).toBeGreaterThan(10)
  const texts = new Map(snippets.map(({ file, text }) => [file, text]))
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    allowJs: true,
    checkJs: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
  }
  const onDisk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...onDisk,
    fileExists: file => texts.has(file) || onDisk.fileExists(file),
    readFile: file => texts.get(file) ?? onDisk.readFile(file),
    getSourceFile(file, version) {
      const text = texts.get(file)
      return text === undefined ? onDisk.getSourceFile(file, version) : ts.createSourceFile(file, text, version)
    },
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  const found = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const snippet = snippets.find(({ file: name }) => name === file?.fileName)
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    return `${snippet?.from ?? file?.fileName ?? ''}+${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
  expect(found).toEqual([])
})
