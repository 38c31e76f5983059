// Loads the addon: the file that BSD_SOCKETS_ADDON names, as the sanitizers' build does; else a local build or a prebuilt
// one. These lie where prebuildify puts them; finding them by node-gyp-build would take a quarter of the time to load all.
import './node-version.js'
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { folder, packageFolder } from './place.js'
import { traced } from './trace.js'

/** A function of the addon: numbers, views and short strings in; a number, or a string where the C function gives one. */
export type NativeFunction = (...values: never[]) => number | string

/** Bytes, where they lie: a Buffer, any typed array or a DataView, over shared memory too. */
export type View = ArrayBufferView

/** An out-length, of one element: on the way in the room, on the way out what the kernel had, which may be more. */
export type Length = Uint32Array

interface Native {
  /** The constant of this name, or undefined where this system has none. native/addon/constants.cc */
  readonly constant: (name: string) => number | undefined
  /** All of them. */
  readonly constants: () => Readonly<Record<string, number>>
  readonly layouts: Readonly<Record<string, number>>
  readonly functions: Readonly<Record<string, NativeFunction>>
  /** Those of the functions that make descriptors, or close them, for a worker. native/addon/owning.h */
  readonly owning: Readonly<Record<string, NativeFunction>>
  readonly environment: Environment
  /** The C library's lookups on another thread. native/addon/lookups.cc */
  readonly resolve: Resolve
}

/** The result or −1, and then the EAI_ code and the errno; what was found. */
type Resolved = (result: number, code: number, errno: number, answer: ArrayBuffer) => void

interface Resolve {
  getaddrinfo(node: string | null, service: string | null, hints: Int32Array, callback: Resolved): void
  gethostbyaddr(family: number, address: Uint8Array, callback: Resolved): void
  gethostbyname(name: string, callback: Resolved): void
  getnameinfo(address: Uint8Array, flags: number, callback: Resolved): void
}

/** What the addon keeps for this environment, the main one or a worker's. native/addon/environment.cc */
interface Environment {
  /** Whether it runs on the thread that the process began with, as no worker does. */
  readonly firstThread: boolean
  /**
   * Calls `dispatch` with how many events stand in `events`, from now on; 0 or −errno, −ENOSYS where there is no event
   * loop. native/addon/loop.h says what is shared.
   */
  start(
    poller: number,
    events: Int32Array,
    slab: Uint8Array,
    receives: Uint8Array,
    dispatch: (count: number) => void,
    libuv: boolean,
  ): number
  /** Whether the loop keeps the process alive. */
  hold(held: boolean): void
  /** How far behind the beginning of a page of 4,096 bytes the memory begins. */
  offsetInPage(memory: Buffer): number
  /** Whether the descriptor is closed when the environment ends. */
  own(fd: number, owned: boolean): void
  /**
   * How many signals have come of these numbers, and of those of earlier calls; from now on each writes a byte to
   * `writer`, unless that is −1.
   */
  signals(writer: number, ...numbers: number[]): number
  /** Wakes the thread of this number, if there is one. */
  wake(waker: number): boolean
  /** The number by which this thread is woken from now on: that writes to the descriptor. */
  waker(fd: number): number
}

const { platform, arch } = process
const libc = platform === 'linux' ? (existsSync('/etc/alpine-release') ? '.musl' : '.glibc') : ''
const prebuilt = `prebuilds/${platform}-${arch}/bsd-sockets${libc}.node`

// A local build: of the repository, or by cmake-js; or of what the package has in it, by node-gyp.
const local = ['build/Release/bsd_sockets.node', 'native/build/Release/bsd_sockets.node']

// In the package a local build is preferred. Beside a bundle, or a single executable, lies the addon alone or the folder
// of all; else the package is installed there.
function* candidates(): Generator<string> {
  for (const file of [...local, prebuilt]) yield join(dirname(folder), file)
  for (const beside of [folder, dirname(process.execPath)]) {
    for (const file of ['bsd_sockets.node', basename(prebuilt), prebuilt]) yield join(beside, file)
  }
  const root = packageFolder()
  if (root !== undefined) for (const file of [...local, prebuilt]) yield join(root, file)
}

/** The addon's file: the C programs of the command lie beside it. */
export function addonFile(): string {
  for (const file of candidates()) if (existsSync(file)) return file
  return join(dirname(folder), prebuilt)
}

// One sentence that says what to do.
function reason(file: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  // Without --permission there is no such property.
  if (code === 'ERR_DLOPEN_DISABLED' || 'permission' in process) {
    return 'bsd-sockets is a native addon, which Node loads only without --no-addons and, where --permission is given, with --allow-addons'
  }
  if (existsSync(file)) return `bsd-sockets cannot load its addon ${file}: ${message}`
  const root = packageFolder()
  return root === undefined
    ? `bsd-sockets has no addon in ${folder}, where it was bundled to: copy ${prebuilt} of the package there, name the file in BSD_SOCKETS_ADDON, or make the package an external of the bundle`
    : `bsd-sockets has no addon for ${platform}-${arch}: build it by 'npx --yes node-gyp rebuild --directory ${join(root, 'native')}'`
}

// Not by `require`, which gives all who load a file one addon: each copy of this code has its own, and its own loop, as in
// jest, which loads the package anew for each of its files.
function load(): Native {
  const { BSD_SOCKETS_ADDON: named } = process.env
  const file = named ? resolve(named) : addonFile()
  const module = { exports: {} }
  try {
    process.dlopen(module, file)
    // Deno drops what the addon throws while it is loaded. native/addon/addon.cc
    if (!('environment' in module.exports))
      throw Object.assign(new Error('Failed to allocate memory'), { code: 'ERR_MEMORY_ALLOCATION_FAILED' })
  } catch (cause) {
    throw Object.assign(new Error(reason(file, cause), { cause }), { code: (cause as NodeJS.ErrnoException).code })
  }
  return module.exports as Native
}

const addon = load()

/** The addon's tables. With BSD_SOCKETS_TRACE set, each of its functions writes a line to standard error. */
export const native: Native = process.env.BSD_SOCKETS_TRACE
  ? { ...addon, functions: traced(addon.functions), owning: traced(addon.owning) }
  : addon

/** Of a thread that is not the process's first `node:worker_threads` knows, which would load for as long as the addon. */
export const { isMainThread } = addon.environment.firstThread
  ? { isMainThread: true }
  : process.getBuiltinModule('node:worker_threads')

/** What the floor needs of the constants, so that it loads without the module that exports all of them. */
export const [AF_INET, AF_INET6, FD_SETSIZE] = ['AF_INET', 'AF_INET6', 'FD_SETSIZE'].map(native.constant) as [
  number,
  number,
  number,
]

/** The function of this name, or undefined where the kernel has no such call; nothing stands between it and the caller. */
export const call = <Signature>(name: string): Signature => native.functions[name] as unknown as Signature

/**
 * As `call`, but of a descriptor that is made by it the environment knows at once: it is closed with a worker, even one
 * that is terminated before its next statement. The main thread's are the process's, which closes all.
 */
export const callOwning = <Signature>(name: string): Signature =>
  (isMainThread ? native.functions : native.owning)[name] as unknown as Signature
