// The links of a folder of static pages, without a browser.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const decode = text =>
  decodeURIComponent(text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'"))

/** The pages of the folder, as addresses: `/guide/index.html`. */
export const pagesOf = folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.html'))
    .map(name => `/${name}`)
    .sort()

/** All that the pages link to or load: how many links there are, those that lead nowhere, and what a page would load from elsewhere. */
export function linksOf(folder) {
  const ids = new Map() // page -> the ids in it
  const read = file => {
    if (!ids.has(file)) {
      const text = readFileSync(file, 'utf8')
      ids.set(file, { text, ids: new Set(Array.from(text.matchAll(/\sid="([^"]*)"/g), ([, id]) => decode(id))) })
    }
    return ids.get(file)
  }
  let links = 0
  const broken = new Map() // link -> the pages that have it
  const elsewhere = []
  for (const page of pagesOf(folder)) {
    const { text } = read(join(folder, page))
    for (const [, tag, attribute, value] of text.matchAll(/<(\w+)\b[^>]*?\s(href|src)="([^"]*)"/g)) {
      if (/^(?:\w+:|\/\/)/.test(value)) {
        if (tag !== 'a' && !value.startsWith('data:')) elsewhere.push(`${page}: <${tag} ${attribute}="${value}">`)
        continue
      }
      links++
      const [path, id] = decode(value).split('#')
      let file =
        path === '' ? join(folder, page) : path.startsWith('/') ? join(folder, path) : join(folder, dirname(page), path)
      if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html')
      if (!existsSync(file) || (id && file.endsWith('.html') && !read(file).ids.has(id)))
        broken.set(value, [...(broken.get(value) ?? []), page])
    }
  }
  return {
    links,
    broken: [...broken].map(([link, pages]) => `${link} in ${pages.length} pages: ${pages[0]}`),
    elsewhere,
  }
}
