// docs/environment.md: the page has the environment variables that the sources read, and no other.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const files = ['src', 'bin', 'native', 'packages', 'scripts'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.([cm]?[jt]s|c|cc|h)$/.test(name) && !/(^|\/)(build|node_modules)\//.test(name))
    .map(name => join(folder, name)),
)

/** The variables that a source names, in the forms in which ours do it. */
function namesIn(text: string): string[] {
  const destructured = [...text.matchAll(/\{([^{}]*)\} = (?:process\.env|environment)\b/g)]
  return [
    ...[/process\.env\.(\w+)/g, /given\('(\w+)'\)/g, /getenv\("(\w+)"\)/g].flatMap(pattern =>
      Array.from(text.matchAll(pattern), ([, name]) => name!),
    ),
    ...destructured.flatMap(([, names]) => names!.split(',').map(name => name.split(':')[0]!.trim())),
    ...(text.includes('tmpdir()') ? ['TMPDIR'] : []), // os.tmpdir() reads it
  ]
}

const table = [...read('docs/environment.md').matchAll(/^\| (`.*?`) \|/gm)]
const listed = table.flatMap(([, cell]) => Array.from(cell!.matchAll(/`(\w+)`/g), ([, name]) => name!))

test('the page lists the environment variables that the sources read, and no other', () => {
  expect(new Set(listed).size).toBe(listed.length)
  expect([...new Set(files.flatMap(file => namesIn(read(file))))].sort()).toEqual([...listed].sort())
})

test('each row has values, a default, an effect and a page', () => {
  const rows = read('docs/environment.md').match(/^\| `.*$/gm)!
  for (const row of rows) expect(row).toMatch(/^\| [^|]+ \|[^|]*\| [^|]+ \| [^|]+ \| \[[^|]+\]\([^|]+\.md\) \|$/)
})

// What the test above could not see: the whole environment, and a name that is no word of the source.
test('no other source takes the environment as a whole', () => {
  const whole = files.filter(file => {
    const text = read(file).replaceAll(/process\.env\.\w|\} = process\.env\b|\.\.\.process\.env\b|getenv\("\w+"\)/g, '')
    return /\bprocess\.env\b|\bgetenv\b|\benviron\b/.test(text)
  })
  expect(whole.sort()).toEqual(['src/cli/colours.ts', 'src/streams/listen-fds.ts'])
})
