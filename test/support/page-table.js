// A table that code writes into a page of docs/, between <!-- name --> and <!-- /name -->.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

/** Text for a cell. */
export const cell = text => text.replaceAll('|', '\\|')

/** `written` returns the table of the page; `write` replaces it. */
export function pageTable(file, name) {
  const page = join(root, file)
  const region = new RegExp(`(?<=<!-- ${name} -->\\n)[^]*?(?=<!-- /${name} -->)`)
  const read = () => readFileSync(page, 'utf8')
  return {
    written: () => `${region.exec(read())[0].trim()}\n`,
    write: table =>
      writeFileSync(
        page,
        read().replace(region, () => `\n${table}\n`),
      ),
  }
}
