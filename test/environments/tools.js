// The commands of the rows: tools and runtimes, by the paths where they are installed.
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

export const tools = join(root, 'test/environments/node_modules')
const runtimes = join(root, 'test/runtimes/node_modules')

/** The path of this version of Node. */
export const nodeFile = version => join(version === 18 ? tools : runtimes, `node-${version}/bin/node`)
const node20 = nodeFile(20)

export const bun = (...args) => [join(runtimes, '@oven/bun-linux-x64/bin/bun'), ...args]
export const deno = (...args) => [join(runtimes, '@deno/linux-x64-glibc/deno'), ...args]
export const node = (...args) => [node20, ...args]
export const nodeOf = (version, ...args) => [nodeFile(version), ...args]

/** A script of a tool, by its path in node_modules, on Node 20. */
export const tool = (file, ...args) => [node20, join(tools, file), ...args]
