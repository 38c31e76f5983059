// How often each line ran, by file and number.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mergeScriptCovs } from '@bcoe/v8-coverage'
import { TraceMap, decodedMappings, originalPositionFor } from '@jridgewell/trace-mapping'
import { parse } from 'acorn'
import { convert } from 'ast-v8-to-istanbul'
import istanbul from 'istanbul-lib-coverage'
import { root } from '../../scripts/stamp.js'

const json = file => JSON.parse(readFileSync(file, 'utf8'))
const tree = folder => readdirSync(folder, { recursive: true, encoding: 'utf8' })

// What V8 counted of the files in `lib`, of all processes and threads together.
function countsOf(lib, written) {
  const counts = new Map()
  const base = pathToFileURL(`${lib}/`).href
  for (const file of readdirSync(written)) {
    let result
    try {
      ;({ result } = json(join(written, file)))
    } catch {
      continue // of a process that was killed while it wrote
    }
    for (const script of result) {
      if (!script.url.startsWith(base)) continue
      const all = [...(counts.get(script.url) ?? []), script]
      counts.set(script.url, all.length < 50 ? all : [mergeScriptCovs(all)])
    }
  }
  return counts
}

// A map from a published bundle to src/. It has the lines of rolldown's bundle except imports and exports, in the same order.
function bundleMap(folder, raw, code, mapOf) {
  const mappings = decodedMappings(new TraceMap(raw.map))
  const before = raw.code.split('\n')
  const sources = []
  let at = 0
  const result = code.split('\n').map(line => {
    const found = line.trim() === '' ? -1 : before.indexOf(line, at)
    if (found === -1) return []
    at = found + 1
    return (mappings[found] ?? []).flatMap(([column, source, row, from]) => {
      if (source === undefined) return []
      const module = join(folder, raw.map.sources[source])
      const map = mapOf(module)
      const original = map && originalPositionFor(map, { line: row + 1, column: from })
      if (!original?.source) return []
      const path = join(dirname(module), original.source)
      if (!sources.includes(path)) sources.push(path)
      return [[column, sources.indexOf(path), original.line - 1, original.column]]
    })
  })
  return {
    version: 3,
    names: [],
    sources,
    sourcesContent: sources.map(path => readFileSync(path, 'utf8')),
    mappings: result,
  }
}

/** The lines of src/ in the copy of the checkout; `maps` has the maps of the bundles, `written` what V8 wrote. */
export async function linesOfSource(copy, maps, written) {
  const lib = join(copy, 'lib')
  const counts = countsOf(lib, written)
  const known = new Map()
  const mapOf = file => {
    if (!known.has(file)) known.set(file, existsSync(`${file}.map`) ? new TraceMap(json(`${file}.map`)) : undefined)
    return known.get(file)
  }
  const covered = istanbul.createCoverageMap({})
  for (const name of tree(lib).filter(name => /\.c?js$/.test(name))) {
    const file = join(lib, name)
    const bundle = join(maps, `${name.replace(/\.cjs$/, '.js').replaceAll('/', '-')}.json`)
    const isBundle = name.endsWith('.cjs') && existsSync(bundle)
    if (!isBundle && !(name.endsWith('.js') && existsSync(`${file}.map`))) continue
    const url = pathToFileURL(file).href
    const code = readFileSync(file, 'utf8')
    const none = {
      ranges: [{ startOffset: 0, endOffset: code.length, count: 0 }],
      isBlockCoverage: true,
      functionName: '',
    }
    covered.merge(
      await convert({
        code,
        ast: parse(code, {
          ...{ ecmaVersion: 'latest', sourceType: isBundle ? 'commonjs' : 'module' },
          ...{ locations: true, allowHashBang: true },
        }),
        coverage: { url, functions: counts.has(url) ? mergeScriptCovs(counts.get(url)).functions : [none] },
        // Rolldown takes its folder for `dist`.
        sourceMap: isBundle
          ? bundleMap(join(lib, 'dist', dirname(name)), json(bundle), code, mapOf)
          : json(`${file}.map`),
      }),
    )
  }
  return new Map(covered.files().map(file => [relative(copy, file), covered.fileCoverageFor(file).getLineCoverage()]))
}

/** The files of gcov's counters. */
export const countersOf = folder =>
  tree(folder)
    .filter(file => file.endsWith('.gcda'))
    .map(file => join(folder, file))

/** The lines of native/ in a build with --coverage. */
export function linesOfNative(folder) {
  const all = new Map()
  for (const file of countersOf(folder)) {
    const { stdout } = spawnSync('gcov', ['--json-format', '--stdout', file], {
      cwd: dirname(file),
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    const documents = stdout
      .split('\n')
      .filter(Boolean)
      .map(text => JSON.parse(text))
    for (const { file: source, lines } of documents.flatMap(({ files }) => files)) {
      const path = relative(root, source)
      if (!path.startsWith('native/')) continue
      const counts = all.get(path) ?? {}
      for (const { line_number: line, count } of lines) counts[line] = Math.max(counts[line] ?? 0, count)
      all.set(path, counts)
    }
  }
  return all
}
