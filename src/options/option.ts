// A socket option with the type of its value, on any socket.
import { constants as system } from 'node:os'
import type * as constants from '../constants.js'
import { invalidType, invalidValue } from '../checks.js'
import { socketError } from '../errors.js'
import { native } from '../syscalls/native.js'
import { socketFd } from '../descriptors/node.js'
import type { SocketOrFd } from '../descriptors/node.js'
import * as sys from '../syscalls/index.js'

const { ENOPROTOOPT, ERANGE } = system.errno

/** How a value is read from the bytes that the kernel gives. */
export interface Decoder<T> {
  /** Room for them; the kernel gets more if it asks for more. */
  readonly room: number
  readonly decode: (bytes: Buffer, fd: number) => T
}

/** How a value becomes the bytes that the kernel takes. */
export interface Encoder<T> {
  /** Throws a TypeError or a RangeError that names the property which is wrong. */
  readonly encode: (value: T) => Uint8Array
  /** The call that takes these bytes, where it is not setsockopt. */
  readonly setsockopt?: (fd: number, level: number, name: number, bytes: Uint8Array) => number
}

/** Both ways. */
export type Codec<T> = Decoder<T> & Encoder<T>

interface Named {
  /** What C calls it: `'SO_LINGER'`. */
  readonly option: string
  /** SOL_SOCKET or a protocol's number; undefined where this platform has no such option. */
  readonly level: number | undefined
  /** The option's number; undefined where this platform has none. */
  readonly name: number | undefined
}

/** An option whose value, a `T`, can be read. */
export interface ReadableSockOpt<T> extends Named {
  readonly codec: Decoder<T>
}

/** An option that can be set, to a `T`. */
export interface WritableSockOpt<T> extends Named {
  readonly codec: Encoder<T>
}

/** An option whose value, a `T`, can be read and set. */
export interface SockOpt<T> extends ReadableSockOpt<T>, WritableSockOpt<T> {
  readonly codec: Codec<T>
}

type Constant = keyof typeof constants
type Level = number | undefined
type Names = Constant | readonly Constant[]

/** The option of a level that C calls so; of several names, the first that the platform has. */
export function option<T>(level: Level, name: Names, codec: Codec<T>): SockOpt<T>
export function option<T>(level: Level, name: Names, codec: Decoder<T> & { encode?: never }): ReadableSockOpt<T>
export function option<T>(level: Level, name: Names, codec: Encoder<T>): WritableSockOpt<T>
export function option(level: Level, name: Names, codec: unknown): unknown {
  const option = typeof name === 'string' ? name : (name.find(name => native.constant(name) !== undefined) ?? name[0]!)
  return { option, level, name: native.constant(option), codec }
}

/** The first of these options that the platform has. */
export const either = <T extends Named>(first: T, second: T): T => (first.name === undefined ? second : first)

function numbers({ option, level, name }: Named, syscall: string): [level: number, name: number] {
  if (level === undefined || name === undefined) throw socketError(ENOPROTOOPT, syscall, { option })
  return [level, name]
}

function checkOption(option: Named): void {
  if (typeof option !== 'object' || option === null || !('codec' in option))
    throw invalidType('option', option, 'one of `options` (there is none of a name that gives undefined)')
}

/**
 * An option's value, of any socket: ours, a descriptor, or one that Node owns. getsockopt(2)
 *
 * ```ts
 * getOption(request.socket, options.tcpInfo).rtt
 * ```
 *
 * @throws SocketError, whose `option` is C's name: ENOPROTOOPT (or the kernel's ENOTSUP) where the platform, the kernel or
 *   this kind of socket lacks it
 */
export function getOption<T>(socket: SocketOrFd, option: ReadableSockOpt<T>): T {
  checkOption(option)
  const fd = socketFd(socket, 'getsockopt')
  const { codec } = option
  if (codec.decode === undefined) throw invalidValue('option', option.option, 'must be one that can be read')
  const [level, name] = numbers(option, 'getsockopt')
  for (let { room } = codec; ;) {
    const bytes = Buffer.alloc(room)
    const length = new Uint32Array([room])
    const result = sys.getsockopt(fd, level, name, bytes, length)
    if (result === -ERANGE && length[0]! > room) {
      room = length[0]!
      continue
    }
    if (result < 0) throw socketError(result, 'getsockopt', { option: option.option })
    return codec.decode(bytes.subarray(0, length[0]), fd)
  }
}

/**
 * Sets an option of any socket: ours, a descriptor, or one that Node owns. setsockopt(2)
 *
 * ```ts
 * setOption(socket, options.linger, { on: true, seconds: 5 })
 * ```
 *
 * @throws SocketError, whose `option` is C's name: ENOPROTOOPT (or the kernel's ENOTSUP) where the platform, the kernel or
 *   this kind of socket lacks it; TypeError or RangeError for a value that will not do
 */
export function setOption<T>(socket: SocketOrFd, option: WritableSockOpt<T>, value: NoInfer<T>): void {
  checkOption(option)
  const fd = socketFd(socket, 'setsockopt')
  const { codec } = option
  if (codec.encode === undefined) throw invalidValue('option', option.option, 'must be one that can be set')
  const [level, name] = numbers(option, 'setsockopt')
  const bytes = codec.encode(value)
  const result = (codec.setsockopt ?? sys.setsockopt)(fd, level, name, bytes)
  if (result < 0) throw socketError(result, 'setsockopt', { option: option.option })
}
