// Where this code lies: in the package's lib/, or in a bundle that somebody else made.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

// The code is CommonJS, but a bundler that makes an ES module of it leaves it no __dirname.
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

/** The folder of this file, or of the bundle that it is in. */
export const folder = typeof __dirname === 'string' ? __dirname : folderByStack()

/** The package's folder: the one around lib/, or beside a bundle the one that is installed; undefined without any. */
export function packageFolder(): string | undefined {
  if (existsSync(join(folder, 'internals.js'))) return dirname(folder)
  try {
    const { createRequire } = process.getBuiltinModule('node:module')
    return dirname(createRequire(join(folder, 'bundle.js')).resolve('bsd-sockets/package.json'))
  } catch {
    return undefined
  }
}

/** The file that a thread of the package's runs; a bundle does not have it. */
export function threadFile(name: string): string {
  const root = packageFolder()
  if (root !== undefined) return join(root, 'lib', name)
  throw new Error(
    `bsd-sockets starts this thread from its file lib/${name}, which no bundle has: install the package beside the bundle, or make it an external of it`,
  )
}
