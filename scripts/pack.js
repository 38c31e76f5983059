// Changes package.json and README.md to their form in the package, and writes its bill of materials. `npm pack` and `npm publish` run this script before they
// pack, and again afterwards to restore the files. The files are changed in place, not in a copy, so that both commands
// work in the root, where everybody types them.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prebuilds, stalePrebuilds } from './prebuilds.js'
import { sbom, sbomFile } from './sbom.js'
import { root } from './stamp.js'

const PLACEHOLDER = 'https://repository.invalid/bsd-sockets' // RFC 6761, 6.4

// `gypfile` stays: npm finds binding.gyp in the folder that it publishes, and would otherwise add an install script to
// what it sends to the registry.
const ours = new Set(['devDependencies', 'scripts', 'workspaces'])

/** package.json without the fields that only this repository needs, and with those that derive from the repository's URL. */
export function packageManifest({ repository, ...manifest }) {
  return {
    ...Object.fromEntries(Object.entries(manifest).filter(([name]) => !ours.has(name))),
    repository: { type: 'git', url: `git+${repository}.git` },
    homepage: `${repository}#readme`,
    bugs: { url: `${repository}/issues` },
  }
}

/** The text with each relative link and picture replaced by the URL of that file in the repository, at this version. */
export function absoluteLinks(markdown, { repository, version }) {
  return markdown.replace(/(!?)\[([^\]]*)\]\((?!\w+:|#)([^)]*)\)/g, (_, picture, text, path) => {
    return `${picture}[${text}](${repository}/${picture ? 'raw' : 'blob'}/v${version}/${path})`
  })
}

const read = file => readFileSync(join(root, file), 'utf8')
const kept = file => join(root, 'build/unpacked', file)

// The prebuilds for macOS are artifacts of a workflow, which do not keep file modes.
function makeExecutable() {
  const programs = Object.entries(prebuilds).flatMap(([platform, files]) =>
    files.filter(file => !file.endsWith('.node')).map(file => join(root, 'prebuilds', platform, file)),
  )
  for (const program of programs) if (existsSync(program)) chmodSync(program, 0o755)
}

function before() {
  makeExecutable()
  const manifest = JSON.parse(read('package.json'))
  // An interrupted run has left both files in their packed form.
  if (typeof manifest.repository !== 'string') return
  const packed = {
    'package.json': `${JSON.stringify(packageManifest(manifest), null, 2)}\n`,
    'README.md': absoluteLinks(read('README.md'), manifest),
  }
  writeFileSync(join(root, sbomFile), `${JSON.stringify(sbom(manifest), null, 2)}\n`)
  mkdirSync(join(root, 'build/unpacked'), { recursive: true })
  for (const file of Object.keys(packed)) writeFileSync(kept(file), read(file))
  for (const [file, text] of Object.entries(packed)) writeFileSync(join(root, file), text)
  const stale = stalePrebuilds()
  if (stale.length > 0) console.warn(`without prebuilds of these sources for ${stale.join(', ')}: npm run prebuilds`)
}

function after() {
  // npm reads the metadata for the registry after this script.
  if (process.env.npm_command === 'publish') {
    console.warn('package.json and README.md stay as they are published: git checkout package.json README.md')
    return
  }
  rmSync(join(root, sbomFile), { force: true })
  for (const file of ['README.md', 'package.json']) if (existsSync(kept(file))) renameSync(kept(file), join(root, file))
}

function check() {
  const { repository } = JSON.parse(read('package.json'))
  if (repository === PLACEHOLDER)
    throw new Error('package.json has no repository yet, to which the links of the package would go')
  const stale = stalePrebuilds()
  if (stale.length > 0) throw new Error(`no prebuilds of these sources for ${stale.join(', ')}`)
}

const step = { before, after, check }[process.argv[2]]
if (process.argv[1] === import.meta.filename) step()
