// `npm run docs`: the pages of the site, in site/. SITE_BASE is the path below which they are served (default: /).
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installPackages } from '../../scripts/packages.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

const folder = join(root, 'docs/site')
const reference = join(root, 'scripts/reference/build.js')

export async function buildSite() {
  if (existsSync(reference)) (await import(reference)).buildReference()
  installPackages('docs/site')
  run(process.execPath, [join(folder, 'node_modules/vitepress/bin/vitepress.js'), 'build', folder])
}

if (process.argv[1] === import.meta.filename) await buildSite()
