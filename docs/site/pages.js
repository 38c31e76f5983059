// The pages of the site: the files of the repository that they are made of, and where each comes to.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../../scripts/stamp.js'

const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The folder of this script: the sources of the pages that are on the site only. */
const here = 'docs/site'

const moved = {
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'security.md',
  'benchmarks/README.md': 'benchmarks/index.md',
}

function pageOf(source) {
  if (source in moved) return moved[source]
  if (source.startsWith(`${here}/`)) return source.slice(here.length + 1)
  const page = source.slice('docs/'.length).replace(/README\.md$/, 'index.md')
  // A page beside a folder of its name is the first page of that folder.
  return existsSync(join(root, source.slice(0, -'.md'.length))) ? page.replace(/\.md$/, '/index.md') : page
}

const sources = [
  ...Object.keys(moved),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md') && !/node_modules|\.vitepress/.test(name))
    .map(name => `docs/${name}`),
]

/** The page of each source: `docs/recipes/README.md` is `recipes/index.md`. Paths are below the root and below the site. */
export const pages = Object.fromEntries(sources.map(source => [source, pageOf(source)]))

const sourceOf = Object.fromEntries(Object.entries(pages).map(([source, page]) => [page, source]))

/** Whether a page, or the source of one, is on the site only. */
export const isOfSite = page => (sourceOf[page] ?? page).startsWith(`${here}/`)

/** The text of the first heading of a source. */
export function titleOf(source) {
  const [, title] = /^# (.*)$/m.exec(readFileSync(join(root, source), 'utf8')) ?? []
  if (title === undefined) throw new Error(`${source} has no heading`)
  return title.replaceAll(/[`\\]/g, '')
}

/** The pages that a source links to, in the order of its links, each once. */
export function linksOf(source) {
  const links = readFileSync(join(root, source), 'utf8').matchAll(/\]\(([^)\s#]+\.md)(?:#[^)]*)?\)/g)
  return [...new Set(Array.from(links, ([, link]) => join(dirname(source), link)))].filter(link => link in pages)
}

/**
 * The address on the site of what a page, or the source of one, links to. A link is relative to the source of the page, so that it works in the
 * repository too. What is no page is a file of the repository, and is read there.
 */
export function address(page, link) {
  if (/^(?:\w+:|#|\/)/.test(link)) return link
  const [, path, anchor] = /^([^#]*)(.*)$/.exec(link)
  const file = join(dirname(sourceOf[page] ?? page), path).replace(/\/$/, '')
  const target = pages[file] ?? pages[`${file}/README.md`]
  if (target !== undefined) return `/${target}${anchor}`
  if (file === 'README.md' || file === '.') return '/index.md'
  const kind = statSync(join(root, file)).isDirectory() ? 'tree' : 'blob'
  return `${repository}/${kind}/main/${file}${anchor}`
}
