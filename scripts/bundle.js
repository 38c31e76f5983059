// Puts the modules of each floor into one file, `index.bundle.js` beside `index.js`, in the folder that tsc wrote: what takes
// long in loading a package is its number of files. Each module stays where it was, and passes on what is in there.
import { readdirSync } from 'node:fs'
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
const bundle = await rolldown({
  cwd: folder,
  input: Object.fromEntries(modules.map(file => [file.slice(0, -'.js'.length), join(folder, file)])),
  external: [/^node:/, /\/constants\.js$/],
  platform: 'neutral',
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
