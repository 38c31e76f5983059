// `npm run docs`: the pages of the site, in site/.
import { join } from 'node:path'
import { installPackages } from '../../scripts/packages.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

const folder = join(root, 'docs/site')

export function buildSite() {
  installPackages('docs/site')
  run(process.execPath, [join(folder, 'node_modules/vitepress/bin/vitepress.js'), 'build', folder])
}

if (process.argv[1] === import.meta.filename) buildSite()
