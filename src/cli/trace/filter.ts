// Which steps are shown: --calls and --sockets.
import { UsageError } from '../command.js'
import { didYouMean } from '../nearest.js'
import { groups } from './calls.js'
import type { TracedSocket } from './states.js'
import type { Step } from './steps.js'

const known = new Set(Object.values(groups).flat())

/** The calls of a list of names and groups: `data,connect`; all without a list. */
function callsOf(list: string): ReadonlySet<string> {
  const calls = new Set<string>()
  for (const word of list.split(',')) {
    const group = Object.hasOwn(groups, word) ? groups[word] : undefined
    if (group === undefined && !known.has(word) && !/^(dup[23]?|recvmsg|shutdown|close)$/.test(word)) {
      throw new UsageError(
        `--calls: no such call or group: '${word}'${didYouMean(word, [...Object.keys(groups), ...known])}`,
      )
    }
    for (const call of group ?? [word]) calls.add(call)
  }
  return calls
}

const portOf = (address: string | undefined): string | undefined => /:(\d+)$/.exec(address ?? '')?.[1]
const hostOf = (address: string | undefined): string | undefined =>
  address?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

function isAbout({ protocol, local, peer, number }: TracedSocket, word: string): boolean {
  if (/^\d+$/.test(word)) return portOf(local) === word || portOf(peer) === word
  if (word === `#${number}` || protocol.toLowerCase().split('-').includes(word.toLowerCase())) return true
  return [local, peer, hostOf(local), hostOf(peer)].includes(word)
}

/**
 * Whether a step is shown: of the calls in `calls`, and about a socket with one of `sockets`: a port, an address, a host, a
 * path, or a protocol (`tcp`, `udp`, `unix`).
 */
export function filterOf(calls: string | undefined, sockets: string | undefined): (step: Step) => boolean {
  const chosen = calls === undefined ? undefined : callsOf(calls)
  const words = sockets?.split(',')
  return ({ event, sockets: about }) => {
    if (event.kind === 'call' && chosen?.has(event.name) === false) return false
    return words === undefined || about.length === 0
      ? true
      : about.some(socket => words.some(word => isAbout(socket, word)))
  }
}
