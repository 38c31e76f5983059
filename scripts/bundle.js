// Puts the modules of each floor into one file, `index.bundle.js` beside `index.js`, in the folder that tsc wrote: what takes
// long in loading a package is its number of files. Each module stays where it was, and passes on what is in there.
import { readdirSync, readFileSync } from 'node:fs'
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
// The floors take the few constants that they use from the addon themselves: to have all those names takes a program some
// milliseconds, and the package's own module alone gives them away.
const used = new Set()
for (const file of modules) {
  const code = readFileSync(join(folder, file), 'utf8')
  for (const [, names] of code.matchAll(/^import \{([^}]*)\} from '[./]*\/constants\.js';$/gm)) {
    for (const [name] of names.matchAll(/\w+/g)) used.add(name)
  }
}
const usedConstants = {
  name: 'used-constants',
  resolveId(source, importer) {
    if (!source.endsWith('/constants.js')) return null
    return importer === join(folder, 'index.js') ? { id: source, external: true } : join(folder, 'used-constants.js')
  },
  load: id =>
    id === join(folder, 'used-constants.js')
      ? `import { native } from './native.js'\nexport const { ${[...used].sort().join(', ')} } = native.constants\n`
      : null,
}
const bundle = await rolldown({
  cwd: folder,
  input: Object.fromEntries(modules.map(file => [file.slice(0, -'.js'.length), join(folder, file)])),
  external: /^node:/,
  platform: 'neutral',
  plugins: [usedConstants],
  treeshake: false,
  logLevel: 'warn',
  preserveEntrySignatures: 'strict',
})
await bundle.write({
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
