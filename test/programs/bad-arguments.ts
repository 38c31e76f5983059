// Calls every function of bsd-sockets/syscalls with wrong values, and prints what went wrong, as JSON.
import { fstatSync, readdirSync } from 'node:fs'
import { inspect } from 'node:util'
import { F_GETFL } from 'bsd-sockets'
import * as floor from 'bsd-sockets/syscalls'
import { parameters } from '../support/arguments/parameters.js'
import type { Parameter } from '../support/arguments/kinds.js'
import { detachedViews, values } from '../support/arguments/values.js'

const wrong: string[] = []
let calls = 0
let thrown = 0

type Call = (...values: unknown[]) => unknown

const makesDescriptor = new Set([
  'accept',
  'accept4',
  'epoll_create1',
  'fcntl',
  'kqueue',
  'memfd_create',
  'open',
  'pidfd_getfd',
  'pidfd_open',
  'socket',
])
const fillsDescriptors = new Map([
  ['pipe2', 0],
  ['socketpair', 3],
])

function closeResult(name: string, given: readonly unknown[], result: unknown): void {
  if (typeof result !== 'number' || result < 0) return
  if (makesDescriptor.has(name) && result > 2) floor.close(result)
  const at = fillsDescriptors.get(name)
  if (at === undefined) return
  const { buffer, byteOffset } = given[at] as ArrayBufferView
  const fds = Buffer.from(buffer as ArrayBuffer, byteOffset, 8)
  floor.close(fds.readInt32LE(0))
  floor.close(fds.readInt32LE(4))
}

const codes: Record<string, ErrorConstructor> = {
  ERR_INVALID_ARG_TYPE: TypeError,
  ERR_INVALID_ARG_VALUE: TypeError,
  ERR_OUT_OF_RANGE: RangeError,
}

/** Whether an error has a code of Node and names one of the wrong parameters. */
function isExpected(error: unknown, bad: readonly Parameter[]): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
  const expected = codes[error.code]
  if (expected === undefined || !(error instanceof expected)) return false
  return bad.some(({ name }) => new RegExp(`["']${name}["'.]`).test(error.message))
}

const isResult = (result: unknown): boolean =>
  typeof result === 'number' ? Number.isInteger(result) && result > -4096 : result !== undefined

// A detached DataView cannot be inspected.
const show = (value: unknown): string =>
  detachedViews.has(value) ? 'detached' : inspect(value, { depth: 0, breakLength: Infinity }).slice(0, 60)

function attempt(name: string, call: Call, declared: readonly Parameter[], given: readonly unknown[]): void {
  const bad = declared.filter((parameter, i) => !parameter.legal(given[i]))
  const text = (): string => `${name}(${given.map(show).join(', ').slice(0, 200)})`
  calls++
  try {
    const result = call(...given)
    closeResult(name, given, result)
    if (bad.length > 0) wrong.push(`${text()} gave ${inspect(result)} for a wrong ${bad[0]!.name}`)
    else if (!isResult(result)) wrong.push(`${text()} gave ${inspect(result)}`)
  } catch (error) {
    thrown++
    if (!isExpected(error, bad)) wrong.push(`${text()} threw ${inspect(error)}`)
  }
}

// Lehmer's generator: the same numbers each time.
let seed = 1
const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below

function callWrongly(name: string, call: Call, declared: readonly Parameter[]): void {
  const good = (): unknown[] => declared.map(parameter => parameter.good())
  attempt(name, call, declared, good().concat(values))
  for (const i of declared.keys()) {
    attempt(name, call, declared, good().slice(0, i))
    for (const value of values) attempt(name, call, declared, good().with(i, value))
  }
  // All parameters at once. Not for poll, which could wait without end.
  for (let i = 0; i < 60 && name !== 'poll'; i++) {
    attempt(
      name,
      call,
      declared,
      Array.from(declared, () => values[random(values.length)]),
    )
  }
}

const standard = (): unknown[] =>
  [0, 1, 2].map(fd => {
    const { dev, ino, mode } = fstatSync(fd)
    return [dev, ino, mode, floor.fcntl(fd, F_GETFL)]
  })
const descriptors = (): number => readdirSync('/dev/fd').length

const table: Readonly<Record<string, readonly Parameter[]>> = parameters
const functions = Object.entries(table).filter(([name]) => typeof floor[name as keyof typeof floor] === 'function')
for (const [, declared] of functions) for (const parameter of declared) parameter.good() // opens the descriptors of the calls
const before = { standard: standard(), descriptors: descriptors() }
for (const [name, declared] of functions) callWrongly(name, floor[name as keyof typeof floor] as Call, declared)
const after = { standard: standard(), descriptors: descriptors() }

console.log(JSON.stringify({ functions: functions.length, calls, thrown, before, after, wrong: wrong.slice(0, 50) }))
