// Bundles the modules that tsc wrote into a folder. The published code is CommonJS, so that `require` and `import` share one
// copy of each class; beside each entry is an ES module that exports the same names. The modules of a floor become one
// file, because the time to load a package depends on the number of its files, and then on their size.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { rolldown } from 'rolldown'

// Lowest first: a module goes to the first bundle that needs it.
const floors = ['syscalls', 'index', 'promises', 'streams', 'reactor', 'http', 'socketserver']
const moduleOf = floor => (floor === 'index' ? 'index.js' : `${floor}/index.js`)

// Lazy bundles: files that most programs never use, and that are loaded at first use. The floors import only functions and
// the table `options` from them.
const lazy = {
  control: /^control\//,
  families: /^structs\/families\.js$/,
  frames: /^frames\.js$/,
  hints: /^(hints|processes)\.js$/,
  lookups: /^(names\/|sockets\/create\.js$)/,
  memfd: /^descriptors\/memfd\.js$/,
  netlink: /^structs\/netlink\.js$/,
  options: /^options\//,
  shown: /^shown\.js$/,
  trace: /^syscalls\/trace\/(?!channel)/,
  structures: /^structs\/(fields|structure)\.js$/,
}

// Programs: the command, its servers, and the threads. They stay ES modules.
const programs = /^cli\/|\/(pooled|thread|worker)\.js$/

// The threads of pools, one for each client: a start costs two thirds if the thread is CommonJS and loads only what it uses.
const pooled = ['cli/servers/echo/thread.js', 'cli/servers/http/thread.js', 'socketserver/thread.js']
const onlyPooled = [...pooled, 'cli/servers/client-thread.js']

// Modules that the tests import.
const tested = {
  'sockets/accepting.js': ['AcceptFailures'],
  'sockets/batch.js': ['receiveBatch', 'recvmmsgByOne', 'sendBatch', 'sendmmsgByOne'],
  'sockets/create.js': ['allFailed', 'firstToAnswer'],
  'control/messages.js': ['rows'],
  'control/control.js': ['splitControl'],
  'checks.js': ['invalidType', 'invalidValue', 'outOfRange'],
  'errors.js': ['errnoName', 'socketError'],
  'http/fetch/light-response.js': ['LightResponse'],
  'http/service.js': ['Service'],
  'http/session.js': ['Session'],
  'loop.js': ['batches'],
  'syscalls/layout.js': ['dataView', 'field', 'read', 'sizeOf', 'write'],
  'syscalls/native.js': ['addonFile', 'call', 'native'],
  'timers.js': ['Backoff', 'Timer', 'checkTimeout'],
  'waiting/wait.js': ['Deadline'],
}

const folder = process.argv[2]
const mapsFolder = process.env.BUNDLE_MAPS // where the bundles' source maps are written: test/coverage reads them
const modules = new Map(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.js'))
    .map(file => [file, readFileSync(join(folder, file), 'utf8')]),
)
const importsOf = file =>
  [...modules.get(file).matchAll(/^(?:import|export) (?:(.*) from )?'([^']*)';$/gm)].map(([, names = '', source]) => ({
    names: [...(/\{(.*)\}/.exec(names)?.[1] ?? '').matchAll(/(\w+)(?: as \w+)?/g)].map(([, name]) => name),
    source,
    file: source.startsWith('.') ? join(dirname(file), source) : undefined,
  }))

// The bundle of each module.
const bundles = new Map([
  ['thread.js', 'thread'],
  ['sockets/accepting.js', 'index'],
])
for (const floor of floors) {
  const visit = file => {
    if (file === undefined || file === 'constants.js' || bundles.has(file)) return
    bundles.set(file, Object.keys(lazy).find(name => lazy[name].test(file)) ?? floor)
    for (const imported of importsOf(file)) visit(imported.file)
  }
  visit(moduleOf(floor))
}
// How many of the threads of pools have a module: `pooled.bundle` has what several have.
const users = new Map()
for (const entry of pooled) {
  const seen = new Set()
  const visit = file => {
    if (file === undefined || file === 'constants.js' || bundles.has(file) || seen.has(file)) return
    seen.add(file)
    users.set(file, (users.get(file) ?? 0) + 1)
    for (const imported of importsOf(file)) visit(imported.file)
  }
  visit(entry)
}
const partOf = file => bundles.get(file) ?? (users.has(file) ? 'pooled' : undefined)
const floorOf = file => floors.find(floor => file === moduleOf(floor)) // of an entry

// The names that a bundle's modules import from a module of Node's, or from `constants.js`.
function namesOf(bundle, source) {
  const files = [...bundles.keys(), ...users.keys()]
  const imports = files.flatMap(file => (partOf(file) === bundle ? importsOf(file) : []))
  return [
    ...new Set(imports.flatMap(({ file = '', names, ...of }) => ([file, of.source].includes(source) ? names : []))),
  ]
}

// The names that the programs import from within the floors.
const taken = {}
const written = [...modules.keys()].filter(file => programs.test(file) && !onlyPooled.includes(file))
for (const file of written) {
  for (const { file: from, names } of importsOf(file)) {
    if (bundles.has(from) && floorOf(from) === undefined) taken[from] = [...new Set([...(taken[from] ?? []), ...names])]
  }
}

// What the programs and the tests import from within the floors. Only the tests have a module for it. Each bundle gets only the
// names that it uses from Node's modules and from the two thousand constants. It does so without `import`, which would read every
// export of a module, and without `require`, which the ES modules of bundlers lack.
const inner = { internals: taken, tested }
const entries = {}
for (const floor of floors) entries[`entry:${floor}`] = `export * from '${join(folder, moduleOf(floor))}'`
for (const [name, files] of Object.entries(inner)) {
  const lines = Object.entries(files).map(
    ([file, names]) => `export { ${names.join(', ')} } from '${join(folder, file)}'`,
  )
  entries[`entry:${name}`] = lines.join('\n')
}
for (const file of pooled) entries[file.replace('.js', '')] = join(folder, file)
const made = {
  name: 'made',
  resolveId(source, importer) {
    if (source.startsWith('entry:')) return `\0${source}`
    const bundle = importer && partOf(relative(folder, importer))
    if (bundle === undefined) return null
    if (source.startsWith('node:')) return `\0${bundle} ${source}`
    if (!source.endsWith('/constants.js')) return null
    return `\0${bundle} constants.js`
  },
  // The entry itself has all of the constants.
  transform: (code, id) =>
    id === join(folder, 'index.js') ? code.replace(/^export \* from '\.\/constants\.js';$/m, '') : null,
  load(id) {
    if (!id.startsWith('\0')) return null
    const [bundle, source] = id.slice(1).split(' ')
    if (source === undefined) return entries[bundle]
    const names = namesOf(bundle, source).sort()
    if (source === 'constants.js') {
      const lines = names.map(name => `export const ${name} = native.constant('${name}')`)
      return [`import { native } from '${join(folder, 'syscalls/native.js')}'`, ...lines].join('\n')
    }
    return `const builtin = process.getBuiltinModule('${source}')
export const { ${names.join(', ')} } = builtin
export default builtin`
  },
}
function bundleOf(id) {
  const file = relative(folder, id)
  const name = id.startsWith('\0') ? id.slice(1).split(' ')[0] : users.get(file) > 1 ? 'pooled' : bundles.get(file)
  return name === undefined || name.startsWith('entry:') ? null : `${name}.bundle`
}

const bundle = await rolldown({
  cwd: folder,
  input: Object.fromEntries(
    Object.entries(entries).map(([entry, made]) =>
      entry.startsWith('entry:') ? [entry.slice('entry:'.length), entry] : [entry, made],
    ),
  ),
  platform: 'neutral',
  plugins: [made],
  treeshake: false,
  logLevel: 'warn',
  preserveEntrySignatures: 'allow-extension',
})
const { output: files } = await bundle.generate({
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  comments: false,
  minifyInternalExports: false,
  sourcemap: mapsFolder !== undefined,
  codeSplitting: { groups: [{ name: bundleOf, debugName: 'floors' }], includeDependenciesRecursively: false },
})
await bundle.close()
const output = files.filter(({ type }) => type === 'chunk') // a map is a file too
if (mapsFolder !== undefined) {
  for (const { fileName, code, map } of output) {
    if (map) writeFileSync(join(mapsFolder, `${fileName.replaceAll('/', '-')}.json`), JSON.stringify({ code, map }))
  }
}

const pairs = list =>
  list
    .split(',')
    .map(item => item.trim())
    .filter(Boolean)
    .map(item => item.split(' as '))
    .map(([name, as = name]) => [name, as])
const pattern = list =>
  pairs(list)
    .map(([name, as]) => (name === as ? name : `${name}: ${as}`))
    .join(', ')

const codeOf = new Map(
  output.map(({ fileName, code }) => [
    fileName,
    code.replace(/^export (\{.*\}) from (".*";)$/gm, (_, names, source) => {
      const given = pairs(names.slice(1, -1)).map(([, as]) => as)
      return `import ${names} from ${source}\nexport { ${given.join(', ')} };`
    }),
  ]),
)

// The keys of a table in a bundle's code.
function keysOf(table, code) {
  const [, rows] = new RegExp(`^const ${table} = \\{\\n([^]*?)^\\};`, 'm').exec(code)
  return [...rows.matchAll(/^\t(\w+): /gm)].map(([, key]) => key)
}

// The exports of a lazy bundle, for a file that has not loaded it.
function stubs(bundle, list, path) {
  const code = codeOf.get(`${bundle}.bundle.js`)
  const locals = new Map(exported(code).map(([local, as]) => [as, local]))
  const lines = [`let ${bundle}Bundle`, `const ${bundle}Loaded = () => (${bundle}Bundle ??= require('${path}'))`]
  for (const [name, as] of pairs(list)) {
    const local = locals.get(name)
    const [, listed, unlisted] = new RegExp(`^const ${local} = withUnlisted\\((\\w+), (\\w+)\\);`, 'm').exec(code) ?? []
    if (new RegExp(`^(async )?function ${local}\\(|^const ${local} = (async )?\\(.*=>`, 'm').test(code)) {
      lines.push(`const ${as} = (...args) => ${bundle}Loaded().${name}(...args)`)
    } else if (listed !== undefined) {
      const define = (table, enumerable) =>
        `for (const key of '${keysOf(table, code).join(' ')}'.split(' ')) Object.defineProperty(${as}, key, { configurable: true, enumerable: ${enumerable}, get: () => ${as}Whole()[key] })`
      lines.push(
        `const ${as} = {}`,
        `const ${as}Whole = () => Object.defineProperties(${as}, Object.getOwnPropertyDescriptors(${bundle}Loaded().${name}))`,
        define(listed, true),
        define(unlisted, false),
      )
    } else throw new Error(`${bundle}.bundle: ${name} is neither a function nor a table`)
  }
  return lines.join('\n')
}

const exported = code => pairs(/^export \{(.*)\};$/m.exec(code)?.[1] ?? '') // none of a thread

/** A bundle's code as CommonJS. */
function commonJs(fileName) {
  const here = dirname(fileName)
  const path = file => (dirname(file) === here ? './' : '') + relative(here, file).replace(/\.js$/, '.cjs')
  const code = codeOf
    .get(fileName)
    .replace(/^import (?:\{(.*)\} from )?"(.*)";$/gm, (_, names, source) => {
      const file = join(here, source)
      const name = file.replace(/\.bundle\.js$/, '')
      if (name in lazy && !(fileName.replace(/\.bundle\.js$/, '') in lazy)) {
        return names === undefined ? '' : stubs(name, names, path(file))
      }
      return `${names === undefined ? '' : `const {${pattern(names)}} = `}require('${path(file)}')`
    })
    .replace(/^export \{(.*)\};$/gm, (_, names) => {
      const all = `{ ${pairs(names)
        .map(([name, as]) => (name === as ? name : `${as}: ${name}`))
        .join(', ')} }`
      return `module.exports = ${fileName === 'index.js' ? `Object.assign(require('./syscalls.bundle.cjs').native.constants(), ${all})` : all}`
    })
  const other = /^(import|export) .*|import\.meta.*/m.exec(code)
  if (other) throw new Error(`${fileName}: ${other[0]} is not CommonJS`)
  // Importers read its value once.
  const changing = exported(codeOf.get(fileName)).find(([name]) => new RegExp(`^let ${name}\\b`, 'm').test(code))
  if (changing) throw new Error(`${fileName}: ${changing[0]} is exported, and can change`)
  return `'use strict'\n${code}`
}

const write = (file, text) => writeFileSync(join(folder, file), text)
const load = `import { createRequire } from 'node:module'\n\nconst require = createRequire(import.meta.url)\n`
const constants = /^export const \{([^}]*)\}/m
  .exec(modules.get('constants.js'))[1]
  .replaceAll(/\/\*\*.*?\*\//g, '')
  .split(',')
  .map(name => name.trim())
  .filter(Boolean)

for (const file of modules.keys()) if (!written.includes(file)) rmSync(join(folder, file))
for (const file of codeOf.keys()) {
  const name = file.slice(0, -'.js'.length)
  if (name === 'internals') continue
  if (name === 'tested') {
    write(
      file,
      load +
        codeOf
          .get(file)
          .replace(
            /^import \{(.*)\} from "(.*)\.js";$/gm,
            (_, names, source) => `const { ${pattern(names)} } = require('${source}.cjs')`,
          ),
    )
    continue
  }
  write(`${name}.cjs`, commonJs(file))
  if (!floors.includes(name)) continue
  const names = [...exported(codeOf.get(file)).map(([, as]) => as), ...(name === 'index' ? constants : [])].join(
    ',\n  ',
  )
  // When a CommonJS module is imported, Node searches its code for export names, which takes longer than to load it. A
  // bundler follows nothing else.
  write(file, `${load}export const {\n  ${names},\n} = require('./${name}.cjs')\n`)
  write(`${name}.bundler.js`, `import all from './${name}.cjs'\nexport const {\n  ${names},\n} = all\n`)
}

// What the bundles call the names that the programs take.
const internals = codeOf.get('internals.js')
const nameOf = new Map(exported(internals))
const nameInBundle = new Map(
  [...internals.matchAll(/^import \{(.*)\} from /gm)].flatMap(([, names]) =>
    pairs(names).map(([name, local]) => [nameOf.get(local), name]),
  ),
)

// A program takes what is within a floor from its bundle, so that it loads no other.
for (const file of written) {
  const to = target => relative(dirname(file), target).replace(/^(?!\.)/, './')
  let requires = false
  const code = modules.get(file).replace(/^import (.*) from '(\..*)';$/gm, (text, names, source) => {
    const target = join(dirname(file), source)
    if (target === 'constants.js') return `import ${names} from '${to('index.js')}';`
    if (!bundles.has(target)) return text
    if (floorOf(target) !== undefined) return `import ${names} from '${to(`${floorOf(target)}.js`)}';`
    requires = true
    const taken = pairs(names.slice(1, -1)).map(([name, as]) => `${nameInBundle.get(name)} as ${as}`)
    return `const { ${pattern(taken.join(','))} } = require('${to(`${bundles.get(target)}.bundle.cjs`)}');`
  })
  write(file, requires ? `${load}${code}` : code)
}

// The types are CommonJS too, for the modules that an entry or the tests can reach. An ES module has the types of its entry.
const declared = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.d.ts'))
const types = new Map(declared.map(file => [file, readFileSync(join(folder, file), 'utf8')]))
for (const file of declared) rmSync(join(folder, file))
const reference = /(?<=(?:from |import\()["'])(\..*?)\.js(?=["'])/g
function writeTypes(file) {
  const text = types.get(file)
  if (text === undefined) return
  types.delete(file)
  write(file.replace('.d.ts', '.d.cts'), text.replace(/^import '.*';\n/gm, '').replace(reference, '$1.cjs'))
  for (const [, source] of text.matchAll(reference)) writeTypes(join(dirname(file), `${source}.d.ts`))
}
for (const floor of floors) {
  const file = moduleOf(floor).replace('.js', '.d.ts')
  writeTypes(file)
  write(file, `export * from './index.cjs'\n`)
}
for (const file of Object.keys(tested)) writeTypes(file.replace('.js', '.d.ts'))
const testedTypes = Object.entries(tested).map(
  ([file, names]) => `export { ${names.join(', ')} } from './${file.replace('.js', '.cjs')}'\n`,
)
write('tested.d.ts', testedTypes.join(''))
