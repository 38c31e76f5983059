import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { root } from './stamp.js'

const running = new Set()

function check({ status, error, signal }, command, args) {
  if (error) throw error
  if (status === 0) return
  console.error(`${command} ${args.join(' ')}: ${signal ? `ended by ${signal}` : `exit status ${status}`}`)
  for (const child of running) child.kill()
  process.exit(status || 1)
}

/** Runs a program in the root and shows its output. If it fails, ends this process with its status. */
export function run(command, args, options = {}) {
  check(spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }), command, args)
}

/** Runs the script `file` of an installed package with this node. */
export function runPackage(file, args, options) {
  run(process.execPath, [join(root, 'node_modules', file), ...args], options)
}

// Milliseconds between two messages to the user who waits.
const SILENCE = 4000

/**
 * Like `run`, but asynchronous. Prints `title`, and every four seconds that the program still runs and how many lines of
 * its output match `counted`. With `counted`, shows the output only if BSD_SOCKETS_VERBOSE is set.
 */
export async function runStep(title, command, args, { counted, ...options } = {}) {
  console.log(title)
  const start = Date.now()
  const hidden = counted !== undefined && !process.env.BSD_SOCKETS_VERBOSE
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', hidden ? 'pipe' : 'inherit', 'inherit'],
    ...options,
  })
  running.add(child)
  let count = 0
  child.stdout?.setEncoding('utf8').on('data', text => (count += text.match(counted)?.length ?? 0))
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - start) / 1000)
    console.log(`  … ${title}: ${seconds} s${hidden ? `, ${count} files` : ''}`)
  }, SILENCE)
  const result = await new Promise(resolve => {
    child.on('error', error => resolve({ error }))
    child.on('close', (status, signal) => resolve({ status, signal }))
  })
  clearInterval(timer)
  running.delete(child)
  check(result, command, args)
}
