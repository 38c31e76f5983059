import { address, isOfSite, pages } from '../pages.js'
import { accessibleSearch, search } from '../search.js'
import { nav, sidebar } from '../sidebar.js'

/** What the pages of a repository need to be pages of a site. */
function adapt(markdown) {
  markdown.core.ruler.push('links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href !== null) token.attrSet('href', address(env.relativePath, href))
    }
  })
  // `Map<string, Socket>` in a text is no element. Only the pages of the site have elements, and the reference has anchors.
  markdown.core.ruler.push('text_only', ({ tokens, env }) => {
    if (isOfSite(env.relativePath)) return
    for (const token of tokens.flatMap(({ children }) => children ?? []))
      if (token.type === 'html_inline' && !/^<(?:!--|a id=|\/a>)/.test(token.content)) token.type = 'text'
  })
  // The theme draws code between fences only.
  markdown.core.ruler.push('indented_code', ({ tokens }) => {
    for (const token of tokens) if (token.type === 'code_block') Object.assign(token, { type: 'fence', markup: '```' })
  })
}

// As on GitHub, where the same links work: TIME_WAIT keeps its line.
const slugify = heading =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')

// Two ends, and what passes between them.
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#5672cd" stroke-width="2">' +
  '<path d="M2 1v14M14 1v14M2 4l12 3M14 9l-12 3"/></svg>'

export default {
  title: 'bsd-sockets',
  description: 'Every Berkeley socket call from TypeScript, on Linux and macOS',
  lang: 'en',
  base: process.env.SITE_BASE ?? '/',
  srcDir: '../..',
  // VitePress reads all pages below srcDir but these.
  srcExclude: ['{build,build-cmake,examples,lib,native,packages,prebuilds,scripts,site,src,test}/**', 'README.md'],
  rewrites: pages,
  outDir: '../../site',
  cacheDir: '../../build/site-cache',
  head: [
    ['meta', { name: 'referrer', content: 'no-referrer' }],
    ['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }],
  ],
  markdown: {
    config: adapt,
    anchor: { slugify },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  vite: { plugins: [accessibleSearch] },
  themeConfig: {
    nav,
    sidebar,
    outline: [2, 3],
    search,
  },
}
