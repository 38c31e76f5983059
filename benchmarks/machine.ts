// The machine that the figures are measured on.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'

/** The package's folder. */
export const root = dirname(createRequire(import.meta.url).resolve('bsd-sockets/package.json'))

/** A program of the native build. */
export const built = (name: string): string => join(root, 'build/Release', name)

/** A module of benchmarks/tools, which is its own npm package. Throws if that is not installed. */
export const requireTool = createRequire(join(root, 'benchmarks/tools/package.json')) as (name: string) => unknown

// Servers run on the first core and the load on the second, if there are two cores and taskset(1), which is Linux's.
let pins = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0

/** Pins nothing from now on: processes then start faster, for runs whose figures do not matter. */
export const shareCores = (): void => void (pins = false)

export const serverCore = 0
export const loadCore = 1

/** The command, pinned to a core if possible. A null core: not pinned. */
export const pinned = (core: number | null, command: readonly string[]): string[] =>
  pins && core !== null ? ['taskset', '-c', `${core}`, ...command] : [...command]

/** The version that the program prints; null if it is not installed. */
export function version(command: string, ...args: string[]): string | null {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return status === null || status === 127 ? null : (/\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? null)
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // not on this system
  }
}

/** The processor's family and model. The speed of copying memory depends on them, and its name often lacks them. */
function family(): string {
  const info = textOf('/proc/cpuinfo')
  const number = (name: string): string | undefined => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(info)?.[1]
  const [family, model] = [number('cpu family'), number('model')]
  return family === undefined ? '' : `family ${family}, model ${model}`
}

/** The caches of the first core, for example `L1d 32K, L2 1024K, L3 32768K`. */
function caches(): string {
  const folder = '/sys/devices/system/cpu/cpu0/cache'
  const indexes = existsSync(folder) ? readdirSync(folder).filter(name => name.startsWith('index')) : []
  const sizes = indexes.sort().map(index => {
    const [level, type, size] = ['level', 'type', 'size'].map(name => textOf(join(folder, index, name)).trim())
    return type === 'Instruction' ? '' : `L${level}${type === 'Data' ? 'd' : ''} ${size}`
  })
  return sizes.filter(Boolean).join(', ')
}

/** Recorded with each result. `versions`: of the runtimes and programs that are compared. */
export const machine = (versions: Readonly<Record<string, string | null>>) => ({
  date: new Date().toISOString(),
  kernel: `${type()} ${release()}`,
  arch: process.arch,
  cpu: cpus()[0]?.model.trim() ?? '',
  family: family(),
  caches: caches(),
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  pinned: pins,
  v8: process.versions.v8,
  ...versions,
})
