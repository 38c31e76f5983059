// The folder of this code: the package's lib/, or that of a user's bundle.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

// The code is CommonJS, but a bundler that converts it to an ES module removes __dirname.
function folderByStack(): string {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  try {
    Error.prepareStackTrace = (_, sites) => sites
    const [site] = new Error().stack as unknown as NodeJS.CallSite[]
    return dirname(decodeURIComponent(new URL(site!.getFileName()!, 'file:').pathname))
  } finally {
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before)
    else Reflect.deleteProperty(Error, 'prepareStackTrace')
  }
}

/** The folder of this file, or of the bundle that contains it. */
export const folder = typeof __dirname === 'string' ? __dirname : folderByStack()

/** The package's folder: the parent of lib/ or, for a bundle, that of the installed package; undefined if there is none. */
export function packageFolder(): string | undefined {
  if (existsSync(join(folder, 'syscalls.bundle.cjs'))) return dirname(folder)
  try {
    const { createRequire } = process.getBuiltinModule('node:module')
    return dirname(createRequire(join(folder, 'bundle.js')).resolve('bsd-sockets/package.json'))
  } catch {
    return undefined
  }
}

/** The file for a worker thread of this package; a bundle does not contain it. */
export function threadFile(name: string): string {
  const root = packageFolder()
  if (root !== undefined) return join(root, 'lib', name)
  throw new Error(
    `bsd-sockets starts this thread from its file lib/${name}, which no bundle has: install the package beside the bundle, or make it an external of it`,
  )
}
