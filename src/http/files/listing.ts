// The page that lists a folder.
import { readdirSync } from 'node:fs'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, character => entities[character]!)

/** Lists the folder at `place`, whose path in the URL is `path`: its folders with a slash, and all in the order of their names. */
export function listingOf(place: string, path: string): string {
  const names = readdirSync(place, { withFileTypes: true }).map(entry => entry.name + (entry.isDirectory() ? '/' : ''))
  const title = `Files in ${escaped(path)}`
  // A name that begins like a scheme, `a:b`, is a relative reference only with the dot. RFC 3986, 4.2
  const lines = names
    .sort()
    .map(name => `<li><a href="./${encodeURI(name).replaceAll(/[?#]/g, encodeURIComponent)}">${escaped(name)}</a>`)
  const up = path === '/' ? [] : ['<li><a href="../">../</a>']
  return [
    '<!doctype html>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${title}</title>`,
    `<h1>${title}</h1>`,
    '<ul>',
    ...up,
    ...lines,
    '</ul>',
    '',
  ].join('\n')
}
