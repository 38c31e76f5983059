// A socket option with the type of its value, on any socket.
import { constants as system } from 'node:os'
import type * as constants from '../constants.js'
import { invalidType, invalidValue } from '../checks.js'
import { socketError } from '../errors.js'
import { native } from '../syscalls/native.js'
import type { Interface } from '../structs/interface.js'
import { socketFd } from '../descriptors/node.js'
import type { SocketOrFd } from '../descriptors/node.js'
import * as sys from '../syscalls/index.js'

const { ENOPROTOOPT, ERANGE } = system.errno

/** Reads a value from the bytes that the kernel returns. */
export interface Decoder<T> {
  /** The size of the buffer for them, in bytes. A kernel that asks for more gets a larger buffer. */
  readonly room: number
  readonly decode: (bytes: Buffer, fd: number) => T
  /** The form of a value, for people: `0 to 255`, `{ on, seconds }`. */
  readonly form?: string
}

/** Writes a value as the bytes that the kernel expects. */
export interface Encoder<T> {
  /** @throws TypeError or RangeError that names the wrong property */
  readonly encode: (value: T) => Uint8Array
  /** The function that sets these bytes. Default: setsockopt(2) */
  readonly setsockopt?: (fd: number, level: number, name: number, bytes: Uint8Array) => number
  /** The form of a value, for people: `0 to 255`, `{ on, seconds }`. */
  readonly form?: string
}

/** Reads and writes a value. */
export type Codec<T> = Decoder<T> & Encoder<T>

interface Named {
  /** The name in C: `'SO_LINGER'`. */
  readonly option: string
  /** SOL_SOCKET or a protocol's number; undefined if this platform has no such level. */
  readonly level: number | undefined
  /** The option's number; undefined if this platform has no such option. */
  readonly name: number | undefined
  /** The names in C on all systems. */
  readonly names?: readonly string[]
}

/** An option whose value, a `T`, can be read. */
export interface ReadableSockOpt<T> extends Named {
  /** How its value is read from the bytes of getsockopt(2). */
  readonly codec: Decoder<T>
}

/** An option whose value, a `T`, can be set. */
export interface WritableSockOpt<T> extends Named {
  /** How its value is written to the bytes of setsockopt(2). */
  readonly codec: Encoder<T>
}

/** An option whose value, a `T`, can be read and set. */
export interface SockOpt<T> extends ReadableSockOpt<T>, WritableSockOpt<T> {
  /** How its value is read and written. */
  readonly codec: Codec<T>
}

/** Reads the index of an interface, and writes its index or its name. */
export type InterfaceCodec = Decoder<number> & Encoder<Interface>

/** An option whose value is an interface: its index is read, its index or its name is set. */
export interface InterfaceSockOpt extends ReadableSockOpt<number>, WritableSockOpt<Interface> {
  /** How its value is read and written. */
  readonly codec: InterfaceCodec
}

type Constant = keyof typeof constants
type Level = number | undefined
type Names = Constant | readonly Constant[]

/** The option with this level and name in C; of several names, the first that the platform has. */
export function option<T>(level: Level, name: Names, codec: Codec<T>): SockOpt<T>
export function option<T>(level: Level, name: Names, codec: Decoder<T> & { encode?: never }): ReadableSockOpt<T>
export function option<T>(level: Level, name: Names, codec: Encoder<T>): WritableSockOpt<T>
export function option(level: Level, name: Names, codec: unknown): unknown {
  const names = typeof name === 'string' ? [name] : name
  const option = names.find(name => native.constant(name) !== undefined) ?? names[0]!
  return { option, level, name: native.constant(option), names, codec }
}

/** As `option`, for an interface. */
export const interfaceOption = (level: Level, name: Names, codec: InterfaceCodec): InterfaceSockOpt =>
  option<unknown>(level, name, codec as unknown as Codec<unknown>) as InterfaceSockOpt

/** `first` if the platform has it, else `second`. */
export const either = <T extends Named>(first: T, second: T): T => ({
  ...(first.name === undefined ? second : first),
  names: [...(first.names ?? []), ...(second.names ?? [])],
})

function levelAndName({ option, level, name }: Named, fd: number, syscall: string): [level: number, name: number] {
  if (level === undefined || name === undefined) throw socketError(ENOPROTOOPT, syscall, { fd, level, option })
  return [level, name]
}

function checkOption(option: Named): void {
  if (typeof option !== 'object' || option === null || !('codec' in option))
    throw invalidType('option', option, 'one of `options` (there is none of a name that gives undefined)')
}

/**
 * The value of a socket option. `socket` is a socket of this package or of Node, or a descriptor. getsockopt(2)
 *
 * ```ts
 * getOption(request.socket, options.tcpInfo).rtt
 * ```
 *
 * @throws SocketError, whose `option` is the name in C: ENOPROTOOPT (or the kernel's ENOTSUP) if the platform, the kernel
 *   or this kind of socket lacks the option
 */
export function getOption<T>(socket: SocketOrFd, option: ReadableSockOpt<T>): T {
  checkOption(option)
  const fd = socketFd(socket, 'getsockopt')
  const { codec } = option
  if (codec.decode === undefined) throw invalidValue('option', option.option, 'must be one that can be read')
  const [level, name] = levelAndName(option, fd, 'getsockopt')
  for (let { room } = codec; ;) {
    const bytes = Buffer.alloc(room)
    const length = new Uint32Array([room])
    const result = sys.getsockopt(fd, level, name, bytes, length)
    if (result === -ERANGE && length[0]! > room) {
      room = length[0]!
      continue
    }
    if (result < 0) throw socketError(result, 'getsockopt', { fd, level, option: option.option })
    return codec.decode(bytes.subarray(0, length[0]), fd)
  }
}

/**
 * Sets a socket option. `socket` is a socket of this package or of Node, or a descriptor. setsockopt(2)
 *
 * ```ts
 * setOption(socket, options.linger, { on: true, seconds: 5 })
 * ```
 *
 * @throws SocketError, whose `option` is the name in C: ENOPROTOOPT (or the kernel's ENOTSUP) if the platform, the kernel
 *   or this kind of socket lacks the option; TypeError or RangeError for an invalid value
 */
export function setOption<T>(socket: SocketOrFd, option: WritableSockOpt<T>, value: NoInfer<T>): void {
  checkOption(option)
  const fd = socketFd(socket, 'setsockopt')
  const { codec } = option
  if (codec.encode === undefined) throw invalidValue('option', option.option, 'must be one that can be set')
  const [level, name] = levelAndName(option, fd, 'setsockopt')
  const bytes = codec.encode(value)
  const result = (codec.setsockopt ?? sys.setsockopt)(fd, level, name, bytes)
  if (result < 0) throw socketError(result, 'setsockopt', { fd, level, option: option.option })
}
