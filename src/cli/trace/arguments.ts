// The arguments of a call as strace writes them: split, with descriptors, addresses and bytes taken from them.
import type { Descriptor, Endpoint } from './event.js'

const string = /"(?:[^"\\]|\\.)*"(?:\.\.\.)?/
const quoted = new RegExp(string.source, 'g')

// strace -yy writes `3<TCP:[127.0.0.1:5->127.0.0.1:6]>`, `3<UNIX-STREAM:[7->8,"/path"]>`, `3<anon_inode:[eventpoll]>`, `3</path>`.
const annotated = new RegExp(
  `${string.source}|\\b(\\d+)<([\\w-]+):\\[((?:[^"\\]]|"(?:[^"\\\\]|\\\\.)*"|\\](?!>))*)\\]>|\\b(\\d+)<[^<>"]*>(?:\\(deleted\\))?`,
  'g',
)

const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11 }

/** The bytes of a string as strace quotes it, with escapes of C. */
export function unquote(text: string): Buffer {
  const bytes: number[] = []
  const inner = text.replace(/^"|"(?:\.\.\.)?$/g, '')
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] !== '\\') {
      bytes.push(inner.charCodeAt(i))
      continue
    }
    const octal = /^[0-7]{1,3}/.exec(inner.slice(i + 1, i + 4))
    if (octal === null) bytes.push(escapes[inner[++i]!] ?? inner.charCodeAt(i))
    else {
      bytes.push(parseInt(octal[0], 8))
      i += octal[0].length
    }
  }
  return Buffer.from(bytes)
}

/** `::ffff:127.0.0.1` in IPv6 is 127.0.0.1. RFC 4291, 2.5.5.2 */
const inet = (host: string, port: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1]
  return mapped !== undefined ? `${mapped}:${port}` : host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

const ofInet = (text: string): string | undefined => {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(text) ?? []
  return host === undefined ? undefined : inet(host, port!)
}

function endpoint(protocol: string, text: string): Endpoint | null {
  if (!/^(TCP|UDP|UNIX|RAW|PING|NETLINK|DCCP|SCTP|MPTCP|socket$)/.test(protocol)) return null
  const name = protocol === 'socket' ? '' : protocol.replace(/v6$/, '')
  const [, key, peerKey, path] = /^(\d+)(?:->(\d+))?(?:,(@?".*"))?$/.exec(text) ?? []
  if (key !== undefined) {
    const local = path?.replace(quoted, found => unquote(found).toString())
    return {
      protocol: name,
      key,
      ...(peerKey !== undefined && peerKey !== '0' && { peerKey }),
      ...(local !== undefined && { local }),
    }
  }
  const [local, peer] = text.split('->').map(ofInet)
  return { protocol: name, ...(local !== undefined && { local }), ...(peer !== undefined && { peer }) }
}

/** The text without the notes of strace -yy, and the descriptors that had one, in their order. */
export function takeDescriptors(text: string): { text: string; descriptors: Descriptor[] } {
  const descriptors: Descriptor[] = []
  const rest = text.replace(
    annotated,
    (found: string, fd?: string, protocol?: string, inner?: string, file?: string) => {
      if (fd === undefined && file === undefined) return found
      descriptors.push({ fd: Number(fd ?? file), socket: protocol === undefined ? null : endpoint(protocol, inner!) })
      return fd ?? file!
    },
  )
  return { text: rest, descriptors }
}

const plain = (text: string): string => text.replace(quoted, found => unquote(found).toString())

/** Each address in the text in its short form: `127.0.0.1:80`, `[::1]:80`, `/path`, `@abstract`. */
export function shortAddresses(text: string): string {
  return text
    .replace(
      /\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([\d.]+)"\)\}/g,
      (_, port: string, host: string) => inet(host, port),
    )
    .replace(
      /\{sa_family=AF_INET6, sin6_port=htons\((\d+)\)(?:, sin6_flowinfo=htonl\(\w+\))?, inet_pton\(AF_INET6, "([^"]+)", &sin6_addr\)(?:, sin6_scope_id=[^}]*)?\}/g,
      (_, port: string, host: string) => inet(host, port),
    )
    .replace(/\{sa_family=AF_UNIX, sun_path=(@?"(?:[^"\\]|\\.)*")\}/g, (_, path: string) => plain(path))
    .replace(/\{sa_family=AF_UNIX\}/g, 'unnamed')
    .replace(/\{sa_family=AF_NETLINK, nl_pid=(-?\d+)[^}]*\}/g, 'netlink:$1')
}

/** Splits at the commas that are in no brackets and no string. */
export function splitArguments(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (const match of text.matchAll(new RegExp(`${string.source}|[[\\]{}(),]`, 'g'))) {
    const [found] = match
    if ('[{('.includes(found)) depth++
    else if (']})'.includes(found)) depth--
    else if (found === ',' && depth === 0) {
      parts.push(text.slice(start, match.index).trim())
      start = match.index + 1
    }
  }
  const last = text.slice(start).trim()
  return last === '' && parts.length === 0 ? [] : [...parts, last]
}

/** The bytes of the strings in an argument: one, or those of a vector of buffers. */
export function bytesOf(argument: string): Buffer | undefined {
  const strings = argument.startsWith('"')
    ? argument.match(quoted)?.slice(0, 1)
    : [...argument.matchAll(new RegExp(`iov_base=(${string.source})`, 'g'))].map(([, found]) => found!)
  return strings === undefined || strings.length === 0 ? undefined : Buffer.concat(strings.map(unquote))
}
