import { loadByMusl } from '../../support/binaries/musl.js'
import { commonJs, esm, message, terminated, workerAndMain, workerOnly, piscina } from '../programs.js'
import { node, nodeOf } from '../tools.js'

const files = { 'app.mjs': esm, 'app.cjs': commonJs }

const nodes = [20, 22, 24, 26].flatMap(version => [
  { name: 'ESM', version, files, steps: [nodeOf(version, 'app.mjs')] },
  { name: 'CommonJS', version, files, steps: [nodeOf(version, 'app.cjs')] },
])

const needsNode = { version: 18, expected: /^[^\n]*\b20\.19\b[^\n]*$/, result: 'says which Node it needs' }

export const rows = [
  ...nodes,
  { name: 'ESM', ...needsNode, files: { 'app.mjs': message.esm }, steps: [nodeOf(18, 'app.mjs')] },
  { name: 'CommonJS', ...needsNode, files: { 'app.cjs': message.commonJs }, steps: [nodeOf(18, 'app.cjs')] },

  { name: 'a worker only', files: { 'app.mjs': workerOnly }, steps: [node('app.mjs')] },
  { name: 'a worker and the main thread', files: { 'app.mjs': workerAndMain }, steps: [node('app.mjs')] },
  { name: '`worker.terminate()`', files: { 'app.mjs': terminated }, steps: [node('app.mjs')] },
  { name: 'Piscina', files: piscina, steps: [node('app.mjs')] },

  {
    name: '`--permission --allow-addons`',
    version: 24,
    files,
    steps: [nodeOf(24, '--permission', '--allow-fs-read=*', '--allow-addons', '--no-warnings', 'app.mjs')],
  },
  {
    name: '`--permission`',
    version: 24,
    files: { 'app.mjs': message.esm },
    steps: [nodeOf(24, '--permission', '--allow-fs-read=*', 'app.mjs')],
    expected: /^[^\n]*--allow-addons[^\n]*$/,
    result: 'says which flag it needs',
  },

  {
    name: 'musl',
    on: "musl's loader",
    steps: [({ installed }) => loadByMusl(`${installed}/prebuilds/linux-x64/bsd-sockets.musl.node`)],
    expected: /^8$/,
    result: 'loads; no Node for musl is in a package of npm',
    notHere: process.env.BSD_SOCKETS_REQUIRE_TOOLS ? undefined : [/musl-gcc/, 'musl-tools is not installed'],
  },
]
