// Where the figures were made: they mean nothing without it.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'

/** The package's folder. */
export const root = dirname(createRequire(import.meta.url).resolve('bsd-sockets/package.json'))

/** A program of the native build. */
export const built = (name: string): string => join(root, 'build/Release', name)

/** A module of benchmarks/tools, which has a package of its own. Throws where that is not installed. */
export const requireTool = createRequire(join(root, 'benchmarks/tools/package.json')) as (name: string) => unknown

// Servers have the first core and the load the second, where there are two and Linux's taskset(1).
let pins = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0

/** From here on nothing is pinned: where nobody looks at the figures, all start sooner. */
export const shareCores = (): void => void (pins = false)

export const serverCore = 0
export const loadCore = 1

/** The command, pinned to a core where that can be, unless the core is null. */
export const pinned = (core: number | null, command: readonly string[]): string[] =>
  pins && core !== null ? ['taskset', '-c', `${core}`, ...command] : [...command]

/** What the program says of its version; null where it is not installed. */
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

/** The processor's family and model, which its name alone often does not say: how it copies memory depends on them. */
function family(): string {
  const info = textOf('/proc/cpuinfo')
  const number = (name: string): string | undefined => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(info)?.[1]
  const [family, model] = [number('cpu family'), number('model')]
  return family === undefined ? '' : `family ${family}, model ${model}`
}

/** Such as `L1d 32K, L2 1024K, L3 32768K`: those of the first core. */
function caches(): string {
  const folder = '/sys/devices/system/cpu/cpu0/cache'
  const indexes = existsSync(folder) ? readdirSync(folder).filter(name => name.startsWith('index')) : []
  const sizes = indexes.sort().map(index => {
    const [level, type, size] = ['level', 'type', 'size'].map(name => textOf(join(folder, index, name)).trim())
    return type === 'Instruction' ? '' : `L${level}${type === 'Data' ? 'd' : ''} ${size}`
  })
  return sizes.filter(Boolean).join(', ')
}

/** What is recorded with each result; `versions` are those of what was compared. */
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
