// Drives the system's Chromium, without a window, by its DevTools protocol over two pipes: no port and no package is needed.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { find } from './find.js'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** The file of an installed Chromium; undefined if there is none. */
export const chromium = () => names.map(name => find(name)).find(Boolean)

/** Starts Chromium. `page` opens a tab, and `close` ends it with all that it has started and written. */
export async function openChromium(file) {
  const folder = mkdtempSync(join(tmpdir(), 'chromium-'))
  const child = spawn(
    file,
    [
      ...['--headless=new', '--no-sandbox', '--remote-debugging-pipe', `--user-data-dir=${folder}`, '--no-first-run'],
      ...['--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update'],
      ...['--disable-extensions', '--disable-sync', '--hide-scrollbars', '--force-color-profile=srgb', 'about:blank'],
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: folder } },
  )
  const ended = once(child, 'exit')
  const [, , , requests, answers] = child.stdio
  const waiting = new Map()
  const listeners = new Set()
  let last = 0
  let rest = ''
  answers.setEncoding('utf8')
  answers.on('data', text => {
    const messages = (rest + text).split('\0')
    rest = messages.pop()
    for (const message of messages.map(each => JSON.parse(each))) {
      if (message.id === undefined) for (const listener of [...listeners]) listener(message)
      else {
        const { resolve, reject } = waiting.get(message.id)
        waiting.delete(message.id)
        if (message.error === undefined) resolve(message.result)
        else reject(new Error(message.error.message))
      }
    }
  })
  requests.on('error', () => {}) // the answers tell of the end
  answers.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Chromium has ended'))
  })
  const send = (method, params = {}, sessionId) => {
    const id = ++last
    requests.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  }
  return {
    async page({ width = 1200, height = 800, scheme = 'light' } = {}) {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
      const page = new Page(
        (method, params) => send(method, params, sessionId),
        listener => {
          const own = message => message.sessionId === sessionId && listener(message)
          listeners.add(own)
          return () => listeners.delete(own)
        },
      )
      await Promise.all(['Page', 'Runtime', 'Network', 'Log'].map(domain => page.send(`${domain}.enable`)))
      await page.size(width, height)
      await page.scheme(scheme)
      return page
    },
    async close() {
      await send('Browser.close').catch(() => {})
      await ended
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A tab. */
class Page {
  /** The addresses that it has asked for, and what it has complained of. */
  requests = []
  complaints = []

  constructor(send, listen) {
    this.send = send
    this.listen = listen
    listen(({ method, params }) => {
      if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url)
      if (method === 'Runtime.exceptionThrown') this.complaints.push(params.exceptionDetails.exception?.description)
      if (method === 'Log.entryAdded') this.complaints.push(params.entry.text)
    })
  }

  /** Resolves when the tab reports this. */
  event(name) {
    return new Promise(resolve => {
      const stop = this.listen(({ method, params }) => {
        if (method !== name) return
        stop()
        resolve(params)
      })
    })
  }

  async open(url) {
    const loaded = this.event('Page.loadEventFired')
    const { errorText } = await this.send('Page.navigate', { url })
    if (errorText) throw new Error(`${url}: ${errorText}`)
    await loaded
  }

  size(width, height) {
    return this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
  }

  scheme(value) {
    return this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] })
  }

  /** The value of an expression, which may be a promise; of the page after what it has to draw. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      ...{ expression, awaitPromise: true, returnByValue: true },
    })
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }

  /** Waits until what was asked for is drawn. */
  drawn() {
    return this.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))')
  }

  /** Presses and releases keys, named as in KeyboardEvent.key, or types a character. */
  async press(...keys) {
    for (const key of keys) {
      const text = key.length === 1 ? key : key === 'Enter' ? '\r' : undefined
      await this.send('Input.dispatchKeyEvent', {
        type: text === undefined ? 'rawKeyDown' : 'keyDown',
        key,
        text,
        ...codes[key],
      })
      await this.send('Input.dispatchKeyEvent', { type: 'keyUp', key, ...codes[key] })
    }
    await this.drawn()
  }

  async screenshot(file) {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' })
    writeFileSync(file, Buffer.from(data, 'base64'))
  }

  /** The milliseconds of the processor that each task of the main threads of pages takes while `work` runs. */
  async tasks(work) {
    const events = []
    const stop = this.listen(({ method, params }) => {
      if (method === 'Tracing.dataCollected') events.push(...params.value)
    })
    await this.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: { includedCategories: ['toplevel', '__metadata'], excludedCategories: ['*'] },
    })
    await work()
    const complete = this.event('Tracing.tracingComplete')
    await this.send('Tracing.end')
    await complete
    stop()
    const thread = ({ pid, tid }) => `${pid}:${tid}`
    const names = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
    const main = new Set(names.map(thread))
    const tasks = events.filter(event => event.name.endsWith('RunTask') && main.has(thread(event)))
    return tasks.map(({ tdur = 0 }) => tdur / 1000)
  }
}

const code = windowsVirtualKeyCode => ({ windowsVirtualKeyCode })
const codes = {
  ...{ Enter: code(13), Escape: code(27), PageUp: code(33), PageDown: code(34), End: code(35), Home: code(36) },
  ...{ ArrowUp: code(38), ArrowDown: code(40), Tab: code(9), Backspace: code(8) },
}
