// Loads the addon: the file that BSD_SOCKETS_ADDON names, as the sanitizers' build does; else a prebuilt one or a local
// build.
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { traced } from './trace.js'

/** A function of the addon: numbers, views and short strings in; a number, or a string where the C function gives one. */
export type NativeFunction = (...values: never[]) => number | string

/** Bytes, where they lie: a Buffer, any typed array or a DataView, over shared memory too. */
export type View = ArrayBufferView

/** An out-length, of one element: on the way in the room, on the way out what the kernel had, which may be more. */
export type Length = Uint32Array

interface Native {
  readonly constants: Readonly<Record<string, number>>
  readonly layouts: Readonly<Record<string, number>>
  readonly functions: Readonly<Record<string, NativeFunction>>
  /** Those of the functions that make descriptors, or close them, for a worker. native/addon/owning.cc */
  readonly owning: Readonly<Record<string, NativeFunction>>
  readonly environment: Environment
  /** The C library's lookups on another thread. native/addon/resolution.cc */
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
  /** Calls `dispatch` with how many pairs of a descriptor and its readiness stand in `events`. */
  start(poller: number, events: Int32Array, dispatch: (count: number) => void, libuv: boolean): boolean
  /** Whether the loop keeps the process alive. */
  hold(held: boolean): void
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

function load(): Native {
  const require = createRequire(import.meta.url)
  const { BSD_SOCKETS_ADDON: file } = process.env
  if (file) return require(resolve(file)) as Native
  const root = dirname(require.resolve('bsd-sockets/package.json')) // by name, so that a bundle beside it finds it too
  try {
    return (require('node-gyp-build') as (directory: string) => Native)(root)
  } catch (cause) {
    const message = `bsd-sockets has no addon for ${process.platform}-${process.arch}: run 'npm install node-addon-api && npx node-gyp rebuild' in ${root}`
    throw new Error(message, { cause })
  }
}

const addon = load()

/** The addon's tables. With BSD_SOCKETS_TRACE set, each of its functions writes a line to standard error. */
export const native: Native = process.env.BSD_SOCKETS_TRACE
  ? { ...addon, functions: traced(addon.functions), owning: traced(addon.owning) }
  : addon

/** The function of this name, or undefined where the kernel has no such call; nothing stands between it and the caller. */
export const call = <Signature>(name: string): Signature => native.functions[name] as unknown as Signature

/**
 * As `call`, but of a descriptor that is made by it the environment knows at once: it is closed with a worker, even one
 * that is terminated before its next statement. The main thread's are the process's, which closes all.
 */
export const callOwning = <Signature>(name: string): Signature =>
  (isMainThread ? native.functions : native.owning)[name] as unknown as Signature
