// Builds the site and opens its pages in Chromium: every link within it answers, nothing is loaded from elsewhere, search
// finds words without a network, axe-core finds no serious fault in either theme, and a phone shows each page in its width.
// Screenshots come to the folder SCREENSHOTS, if it is set.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { buildSite } from '../../docs/site/build.js'
import { root } from '../../scripts/stamp.js'
import { fileOf, record } from '../../docs/site/conversations/record.js'
import { programs } from '../../docs/site/conversations/programs.js'
import { stepsOf } from '../../docs/site/conversations/steps.js'
import { linksOf, pagesOf } from '../site/links.js'

await buildSite()
const folder = join(root, 'site')
const failures = []
const check = (what, found) => {
  if (found.length > 0) failures.push(`${what}:\n  ${found.join('\n  ')}`)
}

/** What each end calls in a conversation, and what passes: without its waits, descriptors and dates, which differ. */
const essence = events =>
  ['server', 'client'].map(side =>
    events
      .filter(event => event.side === side && event.errno === undefined && !/poll/.test(event.call))
      .map(({ call, size, bytes, manual }) => ({ call, size, bytes: bytes?.replace(/Date: .*/, ''), manual })),
  )
if (spawnSync('strace', ['-V']).error) {
  console.log('strace is not installed: the conversations are not recorded again')
  if (process.env.BSD_SOCKETS_REQUIRE_TOOLS) failures.push('strace is not installed')
} else {
  for (const name of Object.keys(programs)) {
    const shown = JSON.parse(readFileSync(fileOf(name), 'utf8'))
    if (!isDeepStrictEqual(essence(shown), essence(JSON.parse(JSON.stringify(record(name))))))
      failures.push(`${name} talks otherwise than its file tells: node docs/site/conversations/record.js`)
    const { server, client } = stepsOf(shown).at(-1)
    const left = [...server.sockets, ...client.sockets].filter(({ received }) => received)
    if (left.length > 0) failures.push(`${name} leaves bytes unread: ${JSON.stringify(left)}`)
  }
}

const { links, broken, elsewhere } = linksOf(folder)
check('links that lead nowhere', broken)
check('pages that load from elsewhere', elsewhere)
if (links < 1000) failures.push(`only ${links} links were found`)
const large = pagesOf(folder).filter(path => statSync(join(folder, path)).size > 400_000)
check('pages of more than 400 KB', large)
console.log(`${pagesOf(folder).length} pages, ${links} links`)

const { chromium, faultsOf, openBrowser } = await import('../site/browser.js')
if (chromium === undefined) {
  console.log('skipped: Chromium is not installed')
  process.exit(failures.length > 0 || process.env.BSD_SOCKETS_REQUIRE_TOOLS ? 1 : 77)
}
const { fileHandler, serve } = await import('../../lib/http.js')
const server = serve(fileHandler(folder), { port: 0 })
const origin = `http://127.0.0.1:${server.port}`
const screenshots = process.env.SCREENSHOTS
if (screenshots) mkdirSync(screenshots, { recursive: true })

// A page of each kind.
const kinds = [
  ...['/', '/guide/', '/guide/messages.html', '/recipes/', '/recipes/peer.html', '/options.html', '/errors.html'],
  ...['/benchmarks/', '/reliability/faults.html', '/trace.html', '/conversation.html', '/architecture.html'],
  ...['/reference/', '/reference/bsd-sockets/classes/Socket.html'],
]

const browser = await openBrowser()

/** Opens a tab with the given theme and width, and calls `visit`. What the page requests elsewhere is a failure. */
async function tab({ theme: colorScheme, width = 1440, ...options }, visit) {
  const viewport = { width, height: 900 }
  const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  page.on('request', request => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('data:')) failures.push(`${page.url()} requests ${url}`)
  })
  page.on('response', response => {
    if (response.status() >= 400) failures.push(`${response.url()}: status ${response.status()}`)
  })
  page.on('pageerror', error => failures.push(`${page.url()}: ${error.message}`))
  page.on('console', message => {
    if (message.type() !== 'error') return
    if (message.text().includes('ERR_INTERNET_DISCONNECTED')) return // a page that a link leads to, fetched ahead
    failures.push(`${page.url()}: ${message.text()}`)
  })
  try {
    await visit(page)
  } finally {
    await context.close()
  }
}

const shoot = async (page, name) => {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`) })
}
const nameOf = path => path.slice(1).replaceAll(/\W/g, '-') || 'home'

async function axe(theme) {
  await tab({ theme }, async page => {
    for (const path of kinds) {
      await page.goto(origin + path)
      // Only colours differ between the themes.
      check(`${path}, ${theme}`, await faultsOf(page, theme === 'dark' ? ['color-contrast'] : undefined))
      await shoot(page, `${nameOf(path)}-${theme}`)
    }
  })
}

/** Each page, as a phone shows it; of the reference one of each folder. Without scripts: all is there before they run. */
async function phone() {
  await tab({ theme: 'light', width: 375, javaScriptEnabled: false }, async page => {
    const seen = new Set()
    for (const path of pagesOf(folder)) {
      const kind = path.startsWith('/reference/') ? dirname(path) : path
      if (seen.has(kind)) continue
      seen.add(kind)
      await page.goto(origin + path)
      const [content, screen] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = globalThis.document.documentElement
        return [scrollWidth, clientWidth]
      })
      if (content > screen) failures.push(`${path} is ${content} pixels wide on a phone of ${screen}`)
      if (kinds.includes(path.replace('index.html', ''))) await shoot(page, `${nameOf(path)}-phone`)
    }
  })
}

/** The picture of a conversation, by keyboard and by mouse. */
async function conversation() {
  await tab({ theme: 'light' }, async page => {
    await page.goto(`${origin}/conversation.html`)
    const now = page.locator('.now')
    await page.getByRole('button', { name: 'Next' }).focus()
    await page.keyboard.press('Enter')
    await now.getByText('socket(AF_INET').waitFor()
    await page.keyboard.press('ArrowRight')
    await now.getByText('setsockopt(17').waitFor()
    await page.getByRole('combobox').selectOption({ label: 'HTTP, by epoll' })
    await page.getByRole('button', { name: 'sendto = 148' }).click()
    await page.locator('.buffer code').getByText('hello world').waitFor()
    check('conversation', await faultsOf(page))
    await shoot(page, 'conversation-http')
  })
}

async function search() {
  await tab({ theme: 'dark' }, async page => {
    await page.goto(`${origin}/guide/one-request.html`)
    const input = page.locator('#localsearch-input')
    const opened = () =>
      input.waitFor({ timeout: 1000 }).then(
        () => true,
        () => false,
      )
    do
      await page.keyboard.press('Control+k') // is heard only when the page's script runs
    while (!(await opened()))
    const results = page.locator('#localsearch-list a')
    await input.fill('accept')
    await results.first().waitFor() // the index is there
    await page.context().setOffline(true)
    await input.fill('recvmsg')
    await results.first().waitFor()
    const count = await results.count()
    console.log(`search finds recvmsg in ${count} places`)
    check('search', await faultsOf(page))
    await input.fill('SO_BINDTOIFINDEX')
    await page
      .locator('#localsearch-list a[href*="/reference/bsd-sockets/constants/SO.html#so_bindtoifindex"]')
      .waitFor()
    await input.fill('recvmsg')
    await results.first().waitFor()
    await shoot(page, 'search-dark')
    await page.context().setOffline(false)
    await page.keyboard.press('Enter')
    await page.waitForURL(url => !url.pathname.includes('one-request'))
  })
}

try {
  for (const part of [() => axe('light'), () => axe('dark'), phone, conversation, search]) {
    await part().catch(error => failures.push(error.message))
  }
} finally {
  await browser.close()
  await server.stop()
}
for (const failure of failures) console.error(failure)
if (failures.length > 0) process.exitCode = 1
