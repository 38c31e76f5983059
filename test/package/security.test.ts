// SECURITY.md: each point of its threat model names tests, and these are there. And what can be read from the sources.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { root } from '../support/root.js'

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const page = read('SECURITY.md')

// The rows of the tables of the section: what is tried, what holds, and the tests.
const [, section = ''] = page.split('\n## Threat model\n')
const model = section.split('\n## ')[0]!
const rows = [...model.matchAll(/^\| (?!---)(.*) \|$/gm)]
  .map(([, row]) => row!.split(/(?<!\\) \| /))
  .filter(([first]) => first !== 'what is tried')

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')

/** The tests that a cell names, each as a file and a title; `…` in a title stands for any characters. No title: a whole file. */
function testsOf(cell: string): { file: string; title: string | undefined }[] {
  return [...cell.matchAll(/`(test\/[^`]+)`((?:[:,] “[^”]+”)*)/g)].flatMap(([, file, titles]) => {
    const named = [...titles!.matchAll(/“([^”]+)”/g)].map(([, title]) => title)
    return (named.length > 0 ? named : [undefined]).map(title => ({ file: file!, title }))
  })
}

function isThere({ file, title }: ReturnType<typeof testsOf>[number]): boolean {
  if (!existsSync(join(root, file))) return false
  if (title === undefined) return true
  const pattern = title.split('…').map(escaped).join('[^\\n]*')
  return new RegExp(`['"\`]${pattern}['"\`]`).test(read(file).replaceAll("\\'", "'"))
}

describe('the threat model', () => {
  test('has its points in tables of three columns', () => {
    expect(rows.length).toBeGreaterThan(30)
    expect(rows.filter(cells => cells.length !== 3)).toEqual([])
  })

  test.each(rows)('%s', (_, __, cell) => {
    const tests = testsOf(cell ?? '')
    expect(tests).not.toEqual([])
    expect(tests.filter(one => !isThere(one))).toEqual([])
  })

  test('a test that is not there is found', () => {
    expect(isThere({ file: 'test/package/security.test.ts', title: 'a test that … not there is found' })).toBe(true)
    expect(isThere({ file: 'test/package/security.test.ts', title: ['no', 'such test'].join(' ') })).toBe(false)
    expect(isThere({ file: 'test/package/none.test.ts', title: undefined })).toBe(false)
  })
})

const sources = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => pattern.test(name) && !name.includes('build/'))
    .map(name => join(folder, name))

test('no floor writes a file, and a command makes temporary ones only in a folder of its own', () => {
  const reading = /^(constants|Stats|(exists|fstat|lstat|readdir|readFile|readlink|realpath|stat)Sync)$/
  const writers: Record<string, string[]> = {
    'src/descriptors/memfd.ts': ['closeSync', 'ftruncateSync', 'openSync', 'writeSync'], // the memory of a descriptor
    'src/descriptors/unix-path.ts': ['unlinkSync'],
    'src/syscalls/trace/file.ts': ['openSync', 'writeSync'], // the file of BSD_SOCKETS_TRACE_FILE
    'src/syscalls/trace/lines.ts': ['writeSync'], // standard error
  }
  const files = sources('src', /\.ts$/)
  for (const file of files.filter(file => !file.startsWith('src/cli/'))) {
    const imports = [...read(file).matchAll(/^import (?:type )?\{([^}]*)\} from 'node:fs(?:\/promises)?'/gm)]
    const names = imports.flatMap(([, names]) => names!.split(',').map(name => name.trim().split(' as ')[0]!))
    expect([file, names.filter(name => !reading.test(name))]).toEqual([file, writers[file] ?? []])
  }
  const temporary = files.filter(file => read(file).includes('tmpdir()'))
  expect(temporary.filter(file => !read(file).includes('mkdtempSync('))).toEqual([])
})

test('no addon of the working directory is loaded', () => {
  const folder = mkdtempSync(join(tmpdir(), 'security-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const prebuilt = `prebuilds/${process.platform}-${process.arch}`
  for (const place of ['.', 'build/Release', 'native/build/Release', prebuilt]) {
    mkdirSync(join(folder, place), { recursive: true })
    for (const name of ['bsd_sockets', 'bsd-sockets', 'bsd-sockets.glibc', 'bsd-sockets.musl'])
      writeFileSync(join(folder, place, `${name}.node`), 'no addon')
  }
  const program = join(folder, 'program.mjs')
  writeFileSync(program, `import ${JSON.stringify(join(root, 'lib/index.js'))}; console.log('loaded')`)
  const env = { ...process.env, BSD_SOCKETS_ADDON: '', NODE_PATH: folder }
  const { stdout, stderr } = spawnSync(process.execPath, [program], { cwd: folder, env, encoding: 'utf8' })
  expect([stdout, stderr]).toEqual(['loaded\n', ''])
})

const scripts = (name: string): Promise<unknown> => import(`../../scripts/${name}.js`) // they have no types
const repository = JSON.parse(read('package.json')) as Record<string, unknown>

test('the packed package.json has no dependency and no script', async () => {
  const { packageManifest } = (await scripts('pack')) as { packageManifest: (from: object) => object }
  const fields = Object.keys(packageManifest(repository))
  expect(fields).toContain('exports')
  expect(fields.filter(field => /dependencies|scripts|workspaces/i.test(field))).toEqual([])
  expect(repository).toMatchObject({ gypfile: false }) // or npm would compile it
})

test('the bill of materials has each prebuild with its hash', async () => {
  const { sbom } = (await scripts('sbom')) as { sbom: (from: object) => Bill }
  const { prebuilds } = (await scripts('prebuilds')) as { prebuilds: Record<string, string[]> }
  const { bomFormat, components, dependencies, metadata } = sbom(repository)
  expect(bomFormat).toBe('CycloneDX')
  expect(metadata.component.purl).toBe(`pkg:npm/bsd-sockets@${String(repository.version)}`)
  const there = Object.entries(prebuilds)
    .flatMap(([platform, files]) => files.map(file => `prebuilds/${platform}/${file}`))
    .filter(file => existsSync(join(root, file)))
  const hashed = components.flatMap(({ name, hashes }) => hashes?.map(({ content }) => [name, content]) ?? [])
  expect(hashed).toEqual(
    there.map(file => [
      file,
      createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest('hex'),
    ]),
  )
  const references = components.map(component => component['bom-ref'])
  expect(new Set(references).size).toBe(references.length)
  const [itself, ...parts] = dependencies
  expect(itself!.dependsOn).toEqual(parts.map(({ ref }) => ref))
  expect(parts.map(({ ref }) => ref).filter(ref => !references.includes(ref))).toEqual([])
})

interface Bill {
  bomFormat: string
  metadata: { component: { purl: string } }
  components: { name: string; 'bom-ref': string; hashes?: { content: string }[] }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}
