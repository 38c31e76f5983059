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
  head: [['meta', { name: 'referrer', content: 'no-referrer' }]],
  markdown: { config: adapt, theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  vite: { plugins: [accessibleSearch] },
  themeConfig: {
    nav,
    sidebar,
    outline: [2, 3],
    search,
  },
}
