// A call in the few words that fit into a picture.
import { receives, sends, waits } from './calls.js'
import type { Call } from './event.js'

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' }

/** The first bytes as a string of C. */
export function quote(bytes: Buffer, most: number): string {
  const text = bytes.subarray(0, most).toString('latin1')
  const quoted = text.replace(
    /[^ -~]|["\\]/g,
    byte => escapes[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `"${quoted}"${bytes.length > most ? '…' : ''}`
}

// The arguments without those that say nothing new: lengths of addresses and of bytes, pointers, flags that are 0.
function telling(call: Call, most: number): readonly string[] {
  const { name, args, bytes, size } = call
  const fd = args[0] ?? ''
  if (/^accept/.test(name)) return [fd]
  if (/^socket(pair)?$/.test(name))
    return [
      fd,
      (args[1] ?? '').replace(/\|SOCK_(CLOEXEC|NONBLOCK)/g, ''),
      ...(/^(IPPROTO_IP|0)$/.test(args[2] ?? '0') ? [] : [args[2]!]),
    ]
  if (/^p?poll$/.test(name)) return [fds(args[0]!, /\{fd=(\d+), events=([\w|]+)/g)]
  if (/^epoll_p?wait/.test(name)) return [fd]
  if (name === 'epoll_ctl')
    return [
      fd,
      (args[1] ?? '').replace('EPOLL_CTL_', ''),
      args[2] ?? '',
      ...(/events=([\w|]+)/.exec(args[3] ?? '')?.slice(1) ?? []),
    ]
  if (/^(bind|connect)$/.test(name)) return [fd, args[1] ?? '']
  if (/^get(sock|peer)name$/.test(name)) return [fd]
  if (/^[gs]etsockopt$/.test(name)) return args.slice(0, 4)
  if (name === 'sendfile' || !(sends.test(name) || receives.test(name))) return args
  const shown =
    bytes === undefined ? [] : [`${quote(bytes, most)}${bytes.length <= most && size! > bytes.length ? '…' : ''}`]
  const flags = args[name.endsWith('msg') ? 2 : 3]
  const address = /^(sendto|recvfrom)$/.test(name) ? call.address : undefined
  const wanted = bytes === undefined && /^\d+$/.test(args[2] ?? '') ? [args[2]!] : []
  return [
    fd,
    ...shown,
    ...wanted,
    ...(flags === undefined || !/^MSG_/.test(flags) || flags === 'MSG_NOSIGNAL' ? [] : [flags]),
    ...(address === undefined ? [] : [address]),
  ]
}

// Descriptors and events: `17 POLLIN`.
const fds = (text: string, pattern: RegExp): string =>
  [...text.matchAll(pattern)].map(([, fd, events]) => `${fd} ${events}`).join(', ')

/** `send(3, "hello") = 5`; of bytes at most `most`. */
export function brief(call: Call, most: number): string {
  return `${briefCall(call, most)}${call.ended === undefined ? '' : ` = ${briefResult(call)}`}`
}

/** `send(3, "hello")` */
export const briefCall = (call: Call, most: number): string => `${call.name}(${telling(call, most).join(', ')})`

/** `5`, `-1 EAGAIN`, or `4, 127.0.0.1:40000` of an accept. */
export function briefResult({ name, args, result, errno, note, address }: Call): string {
  if (errno !== undefined) return `${result} ${errno}`
  if (/^get(sock|peer)name$/.test(name) && address !== undefined) return address
  if (waits.test(name) && result === '0') return 'timeout'
  if (/^p?poll$/.test(name) && note !== undefined) return fds(note, /\{fd=(\d+), revents=([\w|]+)/g)
  if (/^epoll_p?wait/.test(name))
    return fds((args[1] ?? '').replace(/\{events=([\w|]+), data=\{u32=(\d+)[^}]*\}/g, '{$2 $1'), /\{(\d+) ([\w|]+)/g)
  if (name === 'socketpair') return (args[3] ?? '').replace(/^\[|\]$/g, '')
  if (/^accept/.test(name) && address !== undefined) return `${result}, ${address}`
  return note === undefined ? result : `${result} (${note})`
}

/** `12.345 ms`, `1.2 s`. */
export const duration = (ms: number): string =>
  ms < 1
    ? `${Math.round(ms * 1000)} µs`
    : ms < 1000
      ? `${Number(ms.toPrecision(3))} ms`
      : `${Number((ms / 1000).toPrecision(3))} s`

/** What an arrow says. */
export const arrowText = (kind: 'bytes' | 'connection' | 'end', size: number): string =>
  kind === 'bytes' ? (size === 1 ? '1 byte' : `${size} bytes`) : kind === 'end' ? 'end' : 'connect'

/** Whether it failed; a call that would block, or goes on in the background, has not. errno(3) */
export const failed = ({ errno }: Call): boolean =>
  errno !== undefined && !/^(EAGAIN|EALREADY|EINPROGRESS|EINTR|ERESTART\w*)$/.test(errno)
