// The example wayland on cage, a compositor, without a screen. grim takes pictures of it.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { height, paint, pixels, width } from '../../../build/programs/examples/wayland/picture.js'
import { withExample } from './example.js'
import { find, withFolder } from './server.js'

export function program() {
  const [cage, grim] = [find('cage'), find('grim')]
  return cage && grim ? { cage, grim } : undefined
}

// It refuses to run as root.
const isRoot = process.getuid() === 0
const nobody = 65534
const x11Folder = '/tmp/.X11-unix'
const asNobody = isRoot ? [find('setpriv'), `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'] : []

const descriptors = pid => readdirSync(`/proc/${pid}/fd`).length

/** Runs `use` with a compositor and the environment of its clients. */
async function withCompositor(cage, folder, use) {
  const hadX11 = existsSync(x11Folder)
  mkdirSync(folder, { mode: 0o700 })
  if (isRoot) chownSync(folder, nobody, nobody)
  const env = {
    ...process.env,
    ...{ XDG_RUNTIME_DIR: folder, WLR_BACKENDS: 'headless', WLR_RENDERER: 'pixman', WLR_LIBINPUT_NO_DEVICES: '1' },
    WLR_XWAYLAND: '/bin/false', // cage wants one that it could start
    WAYLAND_DEBUG: 'server', // it logs each message
  }
  // The compositor runs as long as its own client, which runs until it reads the end.
  const script = 'echo $WAYLAND_DISPLAY $DISPLAY; exec cat'
  const [command, ...args] = [...asNobody, cage, '--', 'sh', '-c', script]
  const compositor = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let log = ''
  compositor.stderr.setEncoding('latin1').on('data', text => (log += text))
  const ended = once(compositor, 'close')
  let display
  try {
    const line = await Promise.race([once(createInterface({ input: compositor.stdout }), 'line'), ended])
    assert.match(String(line), /^wayland-\d+ :\d+$/)
    const [name, x11] = String(line).split(' ')
    display = x11.slice(1)
    await use(compositor, { ...env, WAYLAND_DISPLAY: name }, () => log)
  } finally {
    compositor.kill('SIGKILL')
    compositor.stdin.end()
    await ended
    // What it leaves of X11.
    for (const file of [`/tmp/.X${display}-lock`, `${x11Folder}/X${display}`]) rmSync(file, { force: true })
    if (!hadX11 && existsSync(x11Folder)) rmdirSync(x11Folder)
  }
}

const execute = promisify(execFile)

/** The pixels of the window, which cage puts into the upper left corner. */
async function screenshot(grim, env) {
  const args = ['-t', 'ppm', '-g', `0,0 ${width}x${height}`, '-']
  const { stdout: picture } = await execute(grim, args, {
    env,
    encoding: 'buffer',
    maxBuffer: 2 ** 24,
    timeout: 20_000,
  })
  const head = `P6\n${width} ${height}\n255\n`
  assert.equal(picture.toString('latin1', 0, head.length), head)
  const bytes = picture.subarray(head.length)
  return Uint32Array.from(pixels, (_, i) => bytes.readUIntBE(3 * i, 3))
}

/** The number of the frame that a screenshot shows, of at most `frames`. */
function frameOf(shown, frames) {
  for (let frame = 0; frame < frames; frame++) {
    paint(frame)
    if (pixels.every((pixel, i) => pixel === shown[i])) return frame
  }
  return undefined
}

async function draws({ cage, grim }, folder) {
  await withCompositor(cage, folder, async (compositor, env, log) => {
    const before = descriptors(compositor.pid)
    await withExample('wayland', { args: ['--frames', '60'], env }, async example => {
      assert.equal(await example.ended, 0, example.stderr)
      assert.match(example.stdout, /^480 × 320 pixels on \S+\n60 frames\n$/)
      assert.equal(example.stderr, '')
    })
    while (descriptors(compositor.pid) > before) await sleep(10) // until it has noticed that its client has gone
    assert.equal(log().match(/wl_surface@\d+\.attach\(wl_buffer@/g)?.length, 60)
    await withExample('wayland', { env }, async example => {
      await example.printed('pixels')
      const open = descriptors(example.child.pid)
      const first = frameOf(await screenshot(grim, env), 3600)
      assert.notEqual(first, undefined, 'the screenshot shows no frame')
      let second = first
      while (second === first) second = frameOf(await screenshot(grim, env), 3600)
      assert.ok(second > first, `frame ${second} after ${first}`)
      assert.equal(descriptors(example.child.pid), open)
      compositor.kill('SIGKILL')
      assert.equal(await example.ended, 1)
      assert.match(example.stderr, /^wayland: (the compositor has closed the connection|recv\w* ECONNRESET.*)\n$/)
    })
  })
}

export const run = programs => withFolder(folder => draws(programs, join(folder, 'run')))
