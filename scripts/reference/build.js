// Makes the reference, pages of Markdown in docs/reference/, from the docstrings of src/.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPackages } from '../packages.js'
import { run } from '../run.js'
import { root } from '../stamp.js'
import { divided } from './constants.js'

const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = join(root, 'scripts/reference')

export function buildReference() {
  installPackages('scripts/reference')
  run(process.execPath, [
    join(folder, 'node_modules/typedoc/bin/typedoc'),
    '--options',
    join(folder, 'typedoc.config.js'),
    '--sourceLinkTemplate',
    `${repository}/blob/main/src/{path}#L{line}`,
  ])
  divideConstants(join(root, 'docs/reference/bsd-sockets'))
}

function divideConstants(module) {
  const { page, files } = divided(readFileSync(join(module, 'README.md'), 'utf8'))
  writeFileSync(join(module, 'README.md'), page)
  mkdirSync(join(module, 'constants'), { recursive: true })
  for (const [name, text] of files) writeFileSync(join(module, 'constants', name), text)
}

if (process.argv[1] === import.meta.filename) buildReference()
