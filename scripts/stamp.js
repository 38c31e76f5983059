// Skips a step of the build whose inputs have not changed since it last ran.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export const root = dirname(import.meta.dirname)

// Not inputs: installed and built files, and the results of benchmarks.
const unread = new Set(['build', 'node_modules', 'results'])

function* files(path) {
  if (!statSync(path, { throwIfNoEntry: false })) return
  if (!statSync(path).isDirectory()) yield path
  else for (const name of readdirSync(path).sort()) if (!unread.has(name)) yield* files(join(path, name))
}

/**
 * A hash of the contents of `inputs` (files and folders below the root) and of `facts` (strings). It does not depend on
 * where the root is.
 */
export function digest(inputs, facts = []) {
  const hash = createHash('sha256')
  for (const fact of facts) hash.update(`${fact}\0`)
  for (const input of inputs)
    for (const file of files(join(root, input)))
      hash.update(relative(root, file)).update('\0').update(readFileSync(file))
  return hash.digest('hex')
}

/**
 * Runs `step` unless the file `stamp` contains `value`, and then writes `value` to the file. Returns a promise if the step
 * does.
 */
export function unless(stamp, value, step) {
  const path = join(root, stamp)
  let before
  try {
    before = readFileSync(path, 'utf8')
  } catch {
    before = undefined // it never ran
  }
  if (before === value) return undefined
  const finish = () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, value)
  }
  const running = step()
  return running instanceof Promise ? running.then(finish) : finish()
}
