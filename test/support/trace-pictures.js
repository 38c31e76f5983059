// The pictures of docs/trace.md: traces of the programs in test/cli/trace/programs. `node test/support/trace-pictures.js --write`
// makes them again, and the screenshots if Chromium is installed. test/cli/trace/programs.test.ts compares the calls.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../../scripts/stamp.js'
import { chromium, openChromium } from './chromium.js'
import { python } from './python.js'

const programs = 'test/cli/trace/programs'
const chapters = 'build/programs/examples/guide'

/** Each trace: its command, the options, and the forms in which it is committed. */
export const pictures = {
  echo: { command: ['sh', `${programs}/echo.sh`], options: [], forms: ['txt', 'svg', 'html'] },
  curl: {
    command: ['sh', `${programs}/curl.sh`],
    options: ['--calls', 'connect,data,close', '--sockets', 'tcp'],
    forms: ['svg'],
  },
  nc: {
    command: ['sh', `${programs}/nc.sh`, python],
    options: ['--calls', 'connect,data,close', '--sockets', 'tcp'],
    forms: ['svg'],
  },
  processes: {
    command: [python, `${programs}/processes.py`],
    options: ['--calls', 'connect,data,close,names'],
    forms: ['svg'],
  },
  'guide-http': {
    command: ['sh', `${programs}/guide-http.sh`],
    options: ['--calls', 'connect,data,close', '--sockets', 'tcp'],
    forms: ['svg'],
  },
  ...Object.fromEntries(
    ['sockets', 'addresses', 'endings', 'timeouts', 'datagrams', 'unix', 'options', 'looking'].map(chapter => [
      `guide-${chapter}`,
      guide(chapter),
    ]),
  ),
  'guide-one-request': { ...guide('one-request'), options: ['--calls', 'connect,data,close'] },
  'guide-speed': guide('speed', '4096', '3', '1024', '4096'), // few calls, and all of them
  'guide-connection': pair('connection server', `${chapters}/connection/connection.js client`),
  'guide-messages': pair('messages', `${programs}/messages-client.js`),
  'guide-clients': pair('clients poll', `${programs}/two-clients.js`),
}

/** The program of a chapter of the guide, with these arguments. */
function guide(chapter, ...args) {
  return { command: [process.execPath, `${chapters}/${chapter}/${chapter}.js`, ...args], options: [], forms: ['svg'] }
}

/** The server of a chapter with its arguments, and a client. */
function pair(server, client) {
  const [chapter, ...args] = server.split(' ')
  const command = ['sh', `${programs}/pair.sh`, [`${chapters}/${chapter}/${chapter}.js`, ...args].join(' '), client]
  return { command, options: [], forms: ['svg'] }
}

export const fileOf = (name, form) => join(root, `docs/images/trace-${name}.${form}`)

/** Traces a program into a file. */
function trace({ command, options }, file) {
  const args = [join(root, 'bin/bsd-sockets.js'), 'trace', ...options, '--width', '120', '-o', file, '--', ...command]
  const env = { ...process.env, NODE: process.execPath }
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(`${command.join(' ')}: status ${status}\n${stderr}`)
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`${root}/`, '')) // the lines that made the calls
}

/**
 * What each program did, as far as that is the same each time: the calls that succeeded, besides waits. The order of two programs
 * may differ, and of one that polls; so may the numbers of processes, ports and descriptors, and how much of what was sent each
 * receive takes. `calls`: lane, name, result.
 */
export function steady(calls) {
  const lanes = new Map()
  for (const [lane, name, result] of calls) {
    if (!(result >= 0) || /poll|select|^getsockname$/.test(name)) continue
    const names = lanes.get(lane) ?? new Set()
    lanes.set(lane, names)
    names.add(/^(send|write)/.test(name) ? `${name} = ${result}` : name)
  }
  return [...lanes.values()].map(names => [...names].sort().join(', ')).sort()
}

/** The calls of an SVG image. */
export function callsOf(svg) {
  const calls = svg.split('<g><title>').map(part => {
    const [, name, result] = /^(\w+)\(.*\) += (-?\d+).*(?:\n|<)/.exec(part) ?? []
    return [/<circle .*?cx="([\d.]+)"/.exec(part)?.[1], name, Number(result)]
  })
  return steady(calls)
}

async function screenshots(file) {
  const browser = await openChromium(chromium())
  for (const [name, size] of Object.entries({
    light: { width: 1100, height: 640 },
    dark: { width: 1100, height: 640, scheme: 'dark' },
    narrow: { width: 390, height: 700 },
  })) {
    const page = await browser.page(size)
    await page.open(pathToFileURL(file).href)
    await page.drawn()
    await page.evaluate("choose(order.findIndex(({ text }) => text.startsWith('sendto'))); show(); redraw()")
    await page.drawn()
    await page.screenshot(fileOf(name, 'png'))
  }
  await browser.close()
}

if (process.argv.includes('--write')) {
  for (const [name, picture] of Object.entries(pictures))
    for (const form of picture.forms) trace(picture, fileOf(name, form))
  if (chromium() !== undefined) await screenshots(fileOf('echo', 'html'))
}
