// Runs the steps of a row of rows.js, in the row's own folder.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout, clearTimeout } from 'node:timers'

const LIMIT = 120_000 // milliseconds for a step
const SHOWN = 2000 // the maximum of characters shown of a failure

/** Returns the status or the signal's name, and the output. After two minutes the process group is killed. */
export function execute([command, ...args], options) {
  return new Promise(resolve => {
    const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), LIMIT)
    const finish = status => {
      clearTimeout(timer)
      resolve({ status, stdout, stderr })
    }
    child.on('error', error => finish(error.message))
    child.on('close', (status, signal) => finish(signal ?? status))
  })
}

const given = (value, project) => (typeof value === 'function' ? value(project) : value)

async function take(step, project, env) {
  try {
    const command = typeof step === 'function' ? step(project) : step.map(part => given(part, project))
    return Array.isArray(command)
      ? { command, ...(await execute(command, { cwd: project.folder, env })) }
      : { command: ['a step'], status: 0, stdout: '', stderr: '', ...command }
  } catch (error) {
    return { command: ['a step'], status: error.message, stdout: '', stderr: '' }
  }
}

const isExpected = (expected, stdout, stderr) =>
  expected instanceof RegExp ? expected.test(`${stdout}${stderr}`.trim()) : stdout.trim() === expected && stderr === ''

/**
 * Returns whether the row passed, failed or cannot run here, and why. `place` has the paths: the three folders that a row
 * can be in; `moved`, a folder for bundles; `installed`, the package; `tarball`; and `env`, with a registry that has the
 * package.
 */
export async function runRow({ name, on, files, steps, where, expected, notHere }, place) {
  const own = `${name} ${on}`.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase()
  const project = { ...place, folder: join(place[where], own), moved: join(place.moved, own) }
  mkdirSync(project.folder)
  for (const [file, text] of Object.entries(files ?? {})) writeFileSync(join(project.folder, file), text)
  for (const [index, step] of steps.entries()) {
    const { command, status, stdout, stderr } = await take(step, project, place.env)
    const last = index === steps.length - 1
    if (status === 0 && (!last || isExpected(expected, stdout, stderr))) continue
    const output = `${stdout}${stderr}`
    if (status !== 0 && notHere?.[0].test(output)) return { outcome: 'not here', why: notHere[1] }
    return { outcome: 'failed', why: `${command.join(' ')}\nstatus ${status}\n${output.slice(0, SHOWN)}\n` }
  }
  return { outcome: 'passed' }
}
