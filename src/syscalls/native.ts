// Loads the addon: the file that BSD_SOCKETS_ADDON names, as the sanitizers' build does; otherwise a local build or a
// prebuilt file. These are where prebuildify puts them. Finding them by node-gyp-build would take a quarter of the load time.
import './node-version.js'
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { traceCaller } from '../caller.js'
import { named } from '../checks.js'
import { folder, packageFolder } from './place.js'

/** A function of the addon. It takes numbers, views and short strings, and returns a number, or the string of a C function. */
export type NativeFunction = (...values: never[]) => number | string

/** Bytes that are not copied: a Buffer, any typed array or a DataView, also over shared memory. */
export type View = ArrayBufferView

/** A length of one element: before the call the size of the buffer, after it the kernel's length, which may be more. */
export type Length = Uint32Array

interface Native {
  /** The constant of this name; undefined if this system lacks it. native/addon/constants.cc */
  readonly constant: (name: string) => number | undefined
  /** All constants. */
  readonly constants: () => Readonly<Record<string, number>>
  readonly layouts: Readonly<Record<string, number>>
  readonly functions: Readonly<Record<string, NativeFunction>>
  /** The functions that create or close descriptors, for a worker. native/addon/owning.h */
  readonly owning: Readonly<Record<string, NativeFunction>>
  readonly environment: Environment
  /** The C library's lookups on another thread. native/addon/lookups.cc */
  readonly resolve: Resolve
}

/** What is told of each system call while it is traced. */
export type Tracer = (name: string, began: bigint, ended: bigint, result: number, ...values: unknown[]) => void

/** The result, or −1 with the EAI_ code and the errno; and the bytes of the answer. */
type Resolved = (result: number, code: number, errno: number, answer: ArrayBuffer) => void

interface Resolve {
  getaddrinfo(node: string | null, service: string | null, hints: Int32Array, callback: Resolved): void
  gethostbyaddr(family: number, address: Uint8Array, callback: Resolved): void
  gethostbyname(name: string, callback: Resolved): void
  getnameinfo(address: Uint8Array, flags: number, callback: Resolved): void
}

/** The state of the addon for this environment, the main thread's or a worker's. native/addon/environment.cc */
interface Environment {
  /** Whether this is the first thread of the process, which is never a worker. */
  readonly firstThread: boolean
  /**
   * From now on calls `dispatch` with the number of events in `events`. Returns 0 or −errno; −ENOSYS if there is no event
   * loop. native/addon/loop.h describes the shared memory.
   */
  start(
    poller: number,
    events: Int32Array,
    slab: Uint8Array,
    receives: Int32Array,
    dispatch: (count: number) => void,
    libuv: boolean,
  ): number
  /** The clock of a trace, in nanoseconds. */
  clock(): bigint
  /** Whether the loop keeps the process alive. */
  hold(held: boolean): void
  /** From now on `add` is called with each error of a wrong argument, and the argument's name, before it is thrown. */
  refused(add: (error: Error, name: string) => void): void
  /** How far behind the beginning of a page of 4,096 bytes the memory begins. */
  offsetInPage(memory: Buffer): number
  /** Whether the descriptor is closed when the environment ends. */
  own(fd: number, owned: boolean): void
  /**
   * The number of signals so far, of these numbers and of those of earlier calls. From now on each writes a byte to `writer`,
   * unless that is −1.
   */
  signals(writer: number, ...numbers: number[]): number
  /** The system's number of this thread. */
  thread(): number
  /**
   * From now on `tracer` is called after each system call, or no more: with the call's name, its beginning and end by `clock`, its
   * result and its arguments. native/addon/trace.h
   */
  trace(traced: boolean, tracer: Tracer): void
  /** Wakes the thread with this waker's number; returns whether there is one. */
  wake(waker: number): boolean
  /** The number of this thread's waker: from now on `wake` with it writes to the descriptor. */
  waker(fd: number): number
}

const { platform, arch } = process
const libc = platform === 'linux' ? (existsSync('/etc/alpine-release') ? '.musl' : '.glibc') : ''
const prebuilt = `prebuilds/${platform}-${arch}/bsd-sockets${libc}.node`

// A local build: of the repository or by cmake-js, or of the published package by node-gyp.
const local = ['build/Release/bsd_sockets.node', 'native/build/Release/bsd_sockets.node']

// In the package a local build is preferred. Beside a bundle or a single executable is the addon file or the folder
// prebuilds/; otherwise the package is installed there.
function* candidates(): Generator<string> {
  for (const file of [...local, prebuilt]) yield join(dirname(folder), file)
  for (const beside of [folder, dirname(process.execPath)]) {
    for (const file of ['bsd_sockets.node', basename(prebuilt), prebuilt]) yield join(beside, file)
  }
  const root = packageFolder()
  if (root !== undefined) for (const file of [...local, prebuilt]) yield join(root, file)
}

/** The addon's file. The C programs of the command are in the same folder. */
export function addonFile(): string {
  for (const file of candidates()) if (existsSync(file)) return file
  return join(dirname(folder), prebuilt)
}

// One sentence that tells the user what to do.
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

// Not by `require`, which returns the same addon to all. Each copy of this code needs its own addon and loop: jest loads
// the package again for each test file.
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

/** The addon's tables. */
export const native: Native = load()
native.environment.refused((error, name) => named(name, traceCaller(error)))

/** Whether this is the main thread. The first thread needs no `node:worker_threads`, which loads as slowly as the addon. */
export const { isMainThread } = native.environment.firstThread
  ? { isMainThread: true }
  : process.getBuiltinModule('node:worker_threads')

/** The constants that this folder needs, so that it loads without the module that exports all. */
export const [AF_INET, AF_INET6] = ['AF_INET', 'AF_INET6'].map(native.constant) as [number, number]

/** How many descriptors a set of select(2) has room for: those below this number. */
export const FD_SETSIZE = native.constant('FD_SETSIZE') as number

/** The addon's own function of this name, without a wrapper; undefined if the kernel has no such call. */
export const call = <Signature>(name: string): Signature => native.functions[name] as unknown as Signature

/**
 * As `call`, for functions that create or close descriptors. In a worker they register the descriptor with the environment
 * themselves, so that it is closed even if the worker is terminated before its next statement.
 */
export const callOwning = <Signature>(name: string): Signature =>
  (isMainThread ? native.functions : native.owning)[name] as unknown as Signature
