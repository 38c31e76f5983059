// Fuzzes a target of targets.js by libFuzzer: `node javascript.js TARGET [ARGUMENTS OF LIBFUZZER]`, after run.js has built.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'
import * as targets from './targets.js'

const [target, ...args] = process.argv.slice(2)
const require = createRequire(import.meta.url)
const built = join(root, 'build/fuzz')
const engine = require(join(built, 'engine.node'))
globalThis.fuzzCounters = Buffer.allocUnsafeSlow(Number(readFileSync(join(built, 'counters'), 'utf8'))).fill(0)
process.env.BSD_SOCKETS_ADDON ??= join(root, 'build/Release/bsd_sockets.node')
const library = require(join(built, 'lib/index.cjs'))
// libFuzzer starts this program again, by the shell, to merge corpora.
const again = [process.execPath, import.meta.filename, target].join(' ')
engine.run([again, ...args], globalThis.fuzzCounters, targets[target](library))
