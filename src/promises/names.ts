// Names and addresses without holding the thread.
import { AbortError } from '../errors.js'
import { answer, question, resolverError } from '../names.js'
import type { AddressInfo, AddressInfoHints } from '../names.js'
import { native } from '../native.js'

/**
 * The addresses of a host and a service, both given by name or number; null for the host is the any-address with
 * AI_PASSIVE, else the loopback's. An abort ends the wait, not the C library's own. getaddrinfo(3)
 *
 * It rejects with a GaiError.
 */
export function getaddrinfo(
  host: string | null,
  service: string | number | null,
  { signal, ...hints }: AddressInfoHints & { signal?: AbortSignal | undefined } = {},
): Promise<AddressInfo[]> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) throw new AbortError(signal.reason)
    const abort = (): void => reject(new AbortError(signal?.reason))
    signal?.addEventListener('abort', abort, { once: true })
    native.resolve(...question(host, service, hints), (count, code, errno, results, canonname) => {
      signal?.removeEventListener('abort', abort)
      if (count < 0) reject(resolverError([code, errno], 'getaddrinfo', host ?? undefined))
      else resolve(answer(Buffer.from(results), count, canonname))
    })
  })
}
