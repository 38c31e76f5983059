// Lookups that do not block the thread: the C library's functions run in another one. They reject with a GaiError where the
// synchronous ones throw one.
import { encodeAddress } from '../structs/address.js'
import type { AddressLike } from '../structs/address.js'
import { AF_INET } from '../constants.js'
import { checkInteger } from '../checks.js'
import { AbortError } from '../errors.js'
import { addressQuestion, firstAddress, hostOf, incompleteName, nameToComplete, wholeName } from '../names/hosts.js'
import type { Host } from '../names/hosts.js'
import { answer, hostName, question, resolverError, sizeOfResults } from '../names/addrinfo.js'
import type { AddressInfo, AddressInfoHints } from '../names/addrinfo.js'
import { native } from '../syscalls/native.js'
import { checkSignal, onAbort } from './on-abort.js'

/** What can end a lookup early. The C library's own call goes on. */
export interface LookupOptions {
  /** Rejects with an AbortError. */
  signal?: AbortSignal | undefined
}

type Answer = [result: number, code: number, errno: number, found: ArrayBuffer]

/** Waits for a lookup that `start` begins. Resolves with its result and the bytes of the answer. */
function lookup(
  syscall: string,
  name: string | undefined,
  options: LookupOptions | null | undefined,
  start: (callback: (...answer: Answer) => void) => void,
): Promise<[result: number, found: Buffer]> {
  return new Promise((resolve, reject) => {
    const signal = checkSignal(options?.signal)
    const forget = signal && onAbort(signal, () => reject(new AbortError(signal.reason)))
    start((result, code, errno, found) => {
      forget?.()
      if (result < 0) reject(resolverError([code, errno], syscall, name))
      else resolve([result, Buffer.from(found)])
    })
  })
}

/**
 * Looks up the addresses of a host and a service, both given by name or number. The host null is the any-address with
 * AI_PASSIVE, otherwise the loopback address. getaddrinfo(3)
 *
 * @throws GaiError if nothing is found; AbortError; TypeError or RangeError for a wrong argument
 */
export async function getaddrinfo(
  host: string | null,
  service: string | number | null,
  options?: AddressInfoHints & LookupOptions,
): Promise<AddressInfo[]> {
  const { signal, ...hints } = options ?? {}
  const asked = question(host, service, hints)
  const start = native.resolve.getaddrinfo.bind(null, ...asked)
  const [count, found] = await lookup('getaddrinfo', host ?? undefined, { signal }, start)
  return answer(found, count, found.toString('utf8', sizeOfResults(count)))
}

/**
 * Looks up the names of an address's host and service; NI_NUMERICHOST and NI_NUMERICSERV give the numbers.
 * getnameinfo(3)
 *
 * @throws GaiError if nothing is found; AbortError; TypeError or RangeError for a wrong argument
 */
export async function getnameinfo(
  address: AddressLike,
  flags = 0,
  options: LookupOptions = {},
): Promise<[host: string, service: string]> {
  checkInteger('flags', flags, -(2 ** 31), 2 ** 31 - 1)
  const start = native.resolve.getnameinfo.bind(null, encodeAddress(address), flags)
  const [host, service] = (await lookup('getnameinfo', undefined, options, start))[1].toString().split('\0')
  return [host!, service!]
}

/**
 * Looks up the IPv4 address of a host, given by name or number; `''` is the any-address. gethostbyname(3)
 *
 * @throws GaiError if nothing is found; AbortError; TypeError or RangeError for a wrong argument
 */
export async function gethostbyname(name: string, options?: LookupOptions): Promise<string> {
  const [host, service, hints] = addressQuestion(name, AF_INET)
  return name === ''
    ? '0.0.0.0'
    : firstAddress(await getaddrinfo(host, service, { ...hints, signal: options?.signal })).text
}

/**
 * Looks up a host's names and IPv4 addresses. gethostbyname(3), Python's gethostbyname_ex
 *
 * @throws GaiError if nothing is found; AbortError; TypeError or RangeError for a wrong argument
 */
export async function gethostbynameEx(name: string, options: LookupOptions = {}): Promise<Host> {
  const start = native.resolve.gethostbyname.bind(null, hostName('name', name))
  return hostOf((await lookup('gethostbyname', name, options, start))[1])
}

/**
 * Looks up the names and addresses of a host, given by its IPv4 or IPv6 address. A name stands for its first address.
 * gethostbyaddr(3)
 *
 * @throws GaiError if nothing is found; AbortError; TypeError or RangeError for a wrong argument
 */
export async function gethostbyaddr(address: string, options: LookupOptions = {}): Promise<Host> {
  const [host, service, hints] = addressQuestion(address)
  const { family, bytes } = firstAddress(await getaddrinfo(host, service, { ...hints, ...options }))
  const start = native.resolve.gethostbyaddr.bind(null, family, bytes)
  return hostOf((await lookup('gethostbyaddr', address, options, start))[1])
}

/**
 * Looks up a host's fully qualified name, or returns the name itself if there is none; `''` is this machine.
 * gethostbyaddr(3), Python's getfqdn
 *
 * @throws AbortError; TypeError for a name that is no string or has a NUL; a failed lookup gives the name itself
 */
export async function getfqdn(name = '', options: LookupOptions = {}): Promise<string> {
  const known = nameToComplete(name)
  try {
    return wholeName(await gethostbyaddr(known, options))
  } catch (error) {
    return incompleteName(known, error)
  }
}
