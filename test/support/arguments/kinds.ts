// The kinds of parameters: for each a valid and harmless value, and a function that tells which other values are valid.
import { types } from 'node:util'
import { F_ADD_SEALS, F_GET_SEALS } from 'bsd-sockets'
import { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETOWN, F_SETFD, F_SETFL, F_SETOWN } from 'bsd-sockets'
import { FIONREAD, SIOCATMARK, SIOCOUTQ } from 'bsd-sockets'
import { FD_SETSIZE, MessageBatch } from 'bsd-sockets/syscalls'
import type { Message } from 'bsd-sockets/syscalls'
import { detachedViews } from './values.js'

export interface Parameter {
  /** The name of the parameter in errors. */
  readonly name: string
  readonly good: () => unknown
  readonly legal: (value: unknown) => boolean
}

const between =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max

const integer =
  (min: number, max: number) =>
  (name: string, good: number | (() => number) = 0): Parameter => ({
    name,
    good: () => (typeof good === 'number' ? good : good()),
    legal: between(min, max),
  })

export const int = integer(-(2 ** 31), 2 ** 31 - 1)
export const uint32 = integer(0, 2 ** 32 - 1)
export const uint16 = integer(0, 65_535)
export const size = integer(0, Number.MAX_SAFE_INTEGER)
export const member = integer(0, FD_SETSIZE - 1)
export const nfds = integer(0, FD_SETSIZE)

const oneOf =
  (...values: (number | undefined)[]) =>
  (name: string, good: number): Parameter => ({
    name,
    good: () => good,
    legal: value => value !== undefined && values.includes(value as number),
  })

const commands = [F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETOWN, F_SETOWN]
export const fcntlCommand = oneOf(...commands, F_ADD_SEALS, F_GET_SEALS)
export const ioctlRequest = oneOf(FIONREAD, SIOCATMARK, SIOCOUTQ)
export const family = oneOf(2, 10, 30) // AF_INET, and AF_INET6 of either system: no value of ours is one of them

const isView = (value: unknown): value is ArrayBufferView => ArrayBuffer.isView(value) && !detachedViews.has(value)

/** A view of a whole number of `each` bytes, `least` at least. */
export const view = (name: string, good = 64, { least = 0, each = 1 } = {}): Parameter => ({
  name,
  good: () => Buffer.alloc(good),
  legal: value => isView(value) && value.byteLength >= least && value.byteLength % each === 0,
})

export const orNull = ({ name, good, legal }: Parameter): Parameter => ({
  name,
  good,
  legal: value => value === null || legal(value),
})

export const orNothing = ({ name, good, legal }: Parameter): Parameter => ({
  name,
  good,
  legal: value => value === undefined || legal(value),
})

export const given = (parameter: Parameter, good: () => unknown): Parameter => ({ ...parameter, good })

/** A structure's bytes, or null. */
export const struct = (name: string, bytes: number): Parameter => orNull(view(name, bytes, { least: bytes }))

export const length = (name: string): Parameter => given(struct(name, 4), () => new Uint32Array([64]))

const areViews = (value: unknown): boolean =>
  Array.isArray(value) && !types.isProxy(value) && value.length <= 1024 && [...value].every(isView)

export const views = (name: string): Parameter => ({ name, good: () => [Buffer.alloc(8)], legal: areViews })

export const text = (name: string): Parameter => ({
  name,
  good: () => 'lo',
  legal: value => typeof value === 'string' && Buffer.byteLength(value) < 1025 && !value.includes('\0'),
})

/** The text of an address; what else of ours is one. */
export const addressText = (name: string, ...others: string[]): Parameter => ({
  name,
  good: () => '127.0.0.1',
  legal: value => ['127.0.0.1', ...others].includes(value as string),
})

export const addressBytes = (name: string): Parameter => ({
  name,
  good: () => Buffer.alloc(4),
  legal: value => isView(value) && value.byteLength === 4,
})

export const message = (name: string): Parameter => ({
  name,
  good: () => ({ iov: [Buffer.alloc(8)] }),
  legal(value) {
    if (typeof value !== 'object' || value === null) return false
    const { iov, name = null, control = null } = value as Partial<Message>
    return areViews(iov) && (name === null || isView(name)) && (control === null || isView(control))
  },
})

export const batch = (name: string): Parameter => ({
  name,
  good: () => new MessageBatch(2, 8),
  legal: value => value instanceof MessageBatch,
})
