// The sections of the site, and what the side of each page lists. A page that no list here names is in the reference.
import { linksOf, pages, titleOf } from './pages.js'

const item = source => ({ text: titleOf(source), link: `/${pages[source]}` })
const below = folder => Object.keys(pages).filter(source => source.startsWith(folder))
const group = (text, sources, collapsed) => ({
  text,
  items: sources.map(item),
  ...(collapsed === undefined ? {} : { collapsed }),
})

/** The sources in a folder: first those that its first page links to, in that order, then the others. */
function ordered(folder) {
  const [first] = below(folder).filter(source => /(?:^|\/)index\.md$/.test(pages[source]))
  const all = below(folder)
  const linked = first === undefined ? [] : linksOf(first).filter(source => all.includes(source))
  return [...new Set([...(first === undefined ? [] : [first]), ...linked, ...all])]
}

const doc = name => `docs/${name}.md`
const from = ['from-net', 'from-dgram', 'from-python', 'dependents'].map(doc)
const project = [
  ...['architecture', 'adding-a-syscall', 'adding-an-option', 'moved'].map(doc),
  ...['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
]
const elsewhere = new Set([...from, ...project, 'docs/reliability.md', 'docs/trace.md'])
const single = below('docs/').filter(source => source.split('/').length === 2 && !elsewhere.has(source))

/** Of the generated pages only the first of each folder: that lists the others. */
const every = ordered('docs/reference/')

const guide = [
  group('Guide', ordered('docs/guide/')),
  group(
    'See it',
    ['docs/trace.md', 'docs/site/conversation.md'].filter(source => source in pages),
  ),
  group('Coming from', from),
]
const reference = [
  group('Reference', single),
  ...(every.length > 0
    ? [
        group(
          'Every name',
          every.filter(source => /(?:^|\/)index\.md$/.test(pages[source])),
        ),
      ]
    : []),
]
const about = [
  group('Reliability', ['docs/reliability.md', ...below('docs/reliability/')]),
  group('The project', project),
]

/** The sidebar of each page, by what its path begins with. */
export const sidebar = {
  '/guide/': guide,
  '/recipes/': [group('Recipes', ordered('docs/recipes/'))],
  ...Object.fromEntries(from.map(source => [`/${pages[source].replace('.md', '')}`, guide])),
  '/reliability/': about,
  ...Object.fromEntries(project.map(source => [`/${pages[source].replace('.md', '')}`, about])),
  '/benchmarks/': [],
  '/trace': guide,
  '/conversation': guide,
  '/': reference, // VitePress takes the first of those that are equally deep
}

const section = (text, link, ...more) => ({
  text,
  link,
  activeMatch: `^(?:${[link, ...more].join('|')})`,
})

/** The sections, at the top of each page. */
export const nav = [
  section('Guide', '/guide/'),
  section('Recipes', '/recipes/'),
  section(
    'Reference',
    every.length > 0 ? '/reference/' : '/options',
    ...single.map(source => `/${pages[source].replace('.md', '')}`),
  ),
  section('See it', '/conversation', '/trace'),
  section('Benchmarks', '/benchmarks/'),
  section('Reliability', '/reliability/'),
]
