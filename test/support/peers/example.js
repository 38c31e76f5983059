// A compiled example as a child process, with BSD_SOCKETS_DEBUG: it warns of descriptors that are dropped or have two owners.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from '../../../scripts/stamp.js'

/** Runs `use` with an example that was started; whatever happens, it has ended afterwards. */
export async function withExample(name, { args = [], env = {} }, use) {
  const file = join(root, 'build/programs/examples', `${name}.js`)
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, BSD_SOCKETS_DEBUG: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const example = { child, stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', text => {
      example[name] += text
      child.emit('printed')
    })
  /** The status when it has ended. */
  example.ended = once(child, 'close').then(([status]) => status)
  /** Waits for a text of the standard output. */
  example.printed = async text => {
    while (!example.stdout.includes(text)) {
      const over = await Promise.race([once(child, 'printed'), example.ended])
      if (typeof over === 'number') throw new Error(`it ended with ${over}: ${example.stdout}${example.stderr}`)
    }
  }
  try {
    return await use(example)
  } finally {
    child.kill('SIGKILL')
    await example.ended
  }
}
