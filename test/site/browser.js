// Chromium, without a window, for the tests of pages. Nothing that a page asks for leaves this machine.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'
import { chromium as chromiumFile } from '../support/chromium.js'

const require = createRequire(join(root, 'docs/site/package.json'))

/** The file of Chromium on this machine, or undefined. */
export const chromium = chromiumFile()

/** Starts Chromium. The caller closes it. */
export async function openBrowser() {
  const { chromium: driver } = require('playwright-core')
  return await driver.launch({
    executablePath: chromium,
    args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  })
}

const { source: axe } = require('axe-core')

/** The serious faults that axe-core finds in the page, by all its rules or by some: each with its rule and the elements. */
export async function faultsOf(page, rules) {
  await page.evaluate(axe)
  return await page.evaluate(async runOnly => {
    const { violations } = await globalThis.axe.run(globalThis.document, runOnly ? { runOnly } : {})
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ target, html }) => `${target.join(' ')} ${html.slice(0, 120)}`).join('\n    ')}`,
      )
  }, rules)
}
