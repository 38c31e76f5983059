import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './stamp.js'

/** Runs a program in the root with its output shown; ends this process with its status when it fails. */
export function run(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) throw error
  if (status !== 0) {
    console.error(`${command} ${args.join(' ')}: ${signal ? `ended by ${signal}` : `exit status ${status}`}`)
    process.exit(status || 1)
  }
}

/** Runs the script `file` of an installed package with this node. */
export function runPackage(file, args, options) {
  run(process.execPath, [join(root, 'node_modules', file), ...args], options)
}
