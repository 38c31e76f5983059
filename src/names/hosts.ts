// Lookups of hosts by name or address, and of all their names: the older half of netdb.h. They block.
import { AF_INET, AF_UNSPEC, SOCK_STREAM } from '../constants.js'
import { GaiError, isSocketError } from '../errors.js'
import { getaddrinfo, gethostname, hostName, resolverError } from './addrinfo.js'
import type { AddressInfo } from './addrinfo.js'
import { call } from '../syscalls/native.js'
import type { View } from '../syscalls/native.js'
import { inet_pton } from '../syscalls/index.js'

const native = {
  gethostbyaddr: call<(status: Int32Array, family: number, address: View, texts: View) => number>('gethostbyaddr'),
  gethostbyname: call<(status: Int32Array, name: string, texts: View) => number>('gethostbyname'),
}

/** A host's official name, its other names, and its addresses. */
export type Host = [name: string, aliases: string[], addresses: string[]]

/** Decodes a host: strings that end with a NUL each, with an empty one between its names and its addresses. */
export function hostOf(texts: Buffer): Host {
  const [name, ...rest] = texts.toString().split('\0').slice(0, -1)
  const border = rest.indexOf('')
  return [name!, rest.slice(0, border), rest.slice(border + 1)]
}

function find(syscall: string, name: string, lookup: (status: Int32Array, texts: View) => number): Host {
  const status = new Int32Array(2)
  for (let texts = Buffer.alloc(1024); ;) {
    const size = lookup(status, texts)
    if (size < 0) throw resolverError(status, syscall, name)
    if (size <= texts.length) return hostOf(texts.subarray(0, size))
    texts = Buffer.alloc(size)
  }
}

/** The hints with which getaddrinfo gives each address of a host once. */
export const addressQuestion = (name: string, family = AF_UNSPEC) =>
  [name, null, { family, type: SOCK_STREAM }] as const

/** The first address found. */
export function firstAddress([info]: AddressInfo[]): { family: number; text: string; bytes: Buffer } {
  const { family, address } = info!
  const text = address.address
  return { family, text, bytes: inet_pton(family, text) }
}

/** The fully qualified one of a host's names: the first with a domain. */
export const wholeName = ([name, aliases]: Host): string => [name, ...aliases].find(one => one.includes('.')) ?? name

/** The name to look up for a name: `''` and the any-address mean this machine. */
export const nameToComplete = (name: string): string => (['', '0.0.0.0', '::'].includes(name) ? gethostname() : name)

/** Returns the name itself if the error says that nothing is known of it; else throws the error. */
export function incompleteName(name: string, error: unknown): string {
  if (error instanceof GaiError || isSocketError(error)) return name
  throw error
}

/**
 * Looks up the IPv4 address of a host, given by name or number; `''` is the any-address. gethostbyname(3)
 *
 * @throws GaiError
 */
export const gethostbyname = (name: string): string =>
  name === '' ? '0.0.0.0' : firstAddress(getaddrinfo(...addressQuestion(name, AF_INET))).text

/**
 * Looks up a host's names and IPv4 addresses. gethostbyname(3), Python's gethostbyname_ex
 *
 * @throws GaiError
 */
export const gethostbynameEx = (name: string): Host =>
  find('gethostbyname', name, (status, texts) => native.gethostbyname(status, hostName('name', name), texts))

/**
 * Looks up the names and addresses of a host, given by its IPv4 or IPv6 address. A name stands for its first address.
 * gethostbyaddr(3)
 *
 * @throws GaiError
 */
export function gethostbyaddr(address: string): Host {
  const { family, bytes } = firstAddress(getaddrinfo(...addressQuestion(address)))
  return find('gethostbyaddr', address, (status, texts) => native.gethostbyaddr(status, family, bytes, texts))
}

/**
 * Looks up a host's fully qualified name, or returns the name itself if there is none; `''` is this machine.
 * gethostbyaddr(3), Python's getfqdn
 *
 * @throws TypeError for a name that is no string or has a NUL; a failed lookup gives the name itself
 */
export function getfqdn(name = ''): string {
  const known = nameToComplete(name)
  try {
    return wholeName(gethostbyaddr(known))
  } catch (error) {
    return incompleteName(known, error)
  }
}
