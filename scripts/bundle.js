// Puts the modules of each floor into one file, `index.bundle.js` beside `index.js`, in the folder that tsc wrote: what takes
// long in loading a package is its number of files. Each module stays where it was, and passes on what is in there.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

// From the lowest: a module goes to the first that needs it.
const floors = [
  'syscalls',
  'index',
  'promises/index',
  'streams/index',
  'reactor/index',
  'http/index',
  'socketserver/index',
]

// What stands on the floors; and some two thousand names, which load fastest where they are written.
const asTheyAre = /^(cli|servers)\/|^constants\.js$/

const folder = process.argv[2]
const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  file => file.endsWith('.js') && !asTheyAre.test(file),
)
// What the modules import by these names, of a module of the package's or of Node's. Any other import of the two kinds that
// are written anew below would give undefined.
const imported = new Map()
for (const file of modules) {
  const code = readFileSync(join(folder, file), 'utf8')
  const other = /^(?:import (?!\w+ from |\{)|export ).* from '(?:node:.*|.*\/constants\.js)';$|import\('node:/m.exec(
    code,
  )
  if (other && file !== 'index.js') throw new Error(`${file}: the bundle knows no ${other[0]}`)
  for (const [, names, source] of code.matchAll(/^import \{([^}]*)\} from '([^']*)';$/gm)) {
    const key = source.replace(/^[./]*\/(?=constants\.js$)/, '')
    if (!imported.has(key)) imported.set(key, new Set())
    for (const [, name] of names.matchAll(/(\w+)(?: as \w+)?/g)) imported.get(key).add(name)
  }
}
const namesOf = key => [...(imported.get(key) ?? [])].sort()

// The floors take the few constants that they use from the addon themselves: to have all those names takes a program some
// milliseconds, and the package's own module alone gives them away.
const usedConstants = {
  name: 'used-constants',
  resolveId(source, importer) {
    if (!source.endsWith('/constants.js')) return null
    return importer === join(folder, 'index.js') ? { id: source, external: true } : join(folder, 'used-constants.js')
  },
  load(id) {
    if (id !== join(folder, 'used-constants.js')) return null
    const lines = namesOf('constants.js').map(name => `export const ${name} = native.constant('${name}')`)
    return ["import { native } from './native.js'", ...lines].join('\n')
  },
}

// Node's own modules are asked for by their names: an import reads every export of one, and thereby loads, for `node:fs`
// alone, all that streams are made of.
const builtins = {
  name: 'builtins',
  resolveId: source => (source.startsWith('node:') ? `\0${source}` : null),
  load(id) {
    if (!id.startsWith('\0node:')) return null
    const builtin = id.slice(1)
    return `const builtin = process.getBuiltinModule('${builtin}')
export const { ${namesOf(builtin).join(', ')} } = builtin
export default builtin`
  },
}

const bundle = await rolldown({
  cwd: folder,
  input: Object.fromEntries(modules.map(file => [file.slice(0, -'.js'.length), join(folder, file)])),
  platform: 'neutral',
  plugins: [usedConstants, builtins],
  treeshake: false,
  logLevel: 'warn',
  preserveEntrySignatures: 'strict',
})
const { output } = await bundle.write({
  dir: folder,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].bundle.js',
  comments: false,
  minifyInternalExports: false,
  codeSplitting: {
    groups: floors.map((floor, index) => ({
      name: floor,
      test: id => id === join(folder, `${floor}.js`),
      priority: floors.length - index,
    })),
  },
})
await bundle.close()

// The package's own module has the constants in itself: a file takes longer to find and open than to read.
const index = readFileSync(join(folder, 'index.js'), 'utf8')
const statement = 'export * from "./constants.js";\n'
if (!index.includes(statement)) throw new Error(`index.js has no ${statement}`)
const constants = readFileSync(join(folder, 'constants.js'), 'utf8').replace('./native.js', './syscalls.bundle.js')
writeFileSync(
  join(folder, 'index.js'),
  index.replace(statement, () => constants),
)

// A source with one character beyond Latin-1 is kept, and read, in two bytes a character.
for (const { fileName, code } of output) {
  const wide = /^.*[^\0-\xff].*$/m.exec(code)
  if (wide) throw new Error(`${fileName} is not in Latin-1: ${wide[0].trim()}`)
}
