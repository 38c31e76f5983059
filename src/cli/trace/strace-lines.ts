// Parses the lines of strace -f -yy -ttt -T into events.
import { bytesOf, shortAddresses, splitArguments, takeDescriptors, unquote } from './arguments.js'
import type { Call, Descriptor, Event } from './event.js'
import { receives, sends } from './calls.js'

const makesDescriptor = /^(socket|socketpair|accept4?|dup[23]?|epoll_create1?|pidfd_getfd)$/
/** Calls that are given an address, or return one. */
export const withAddress = /^(accept4?|bind|connect|get(peer|sock)name|recvfrom|sendto)$/
const forks = /^(clone3?|v?fork)$/

interface Pending {
  readonly began: number
  readonly text: string
}

/** Reads the lines of one trace, in order. */
export class StraceLines {
  readonly #processOf = new Map<number, number>() // by thread
  readonly #pending = new Map<number, Pending>() // by thread: calls that have not returned
  readonly #lookUp: (tid: number) => number | undefined

  /** `lookUp` finds the process of a thread that began before its clone(2) returned, if it still runs. */
  constructor(lookUp: (tid: number) => number | undefined = () => undefined) {
    this.#lookUp = lookUp
  }

  /** The events of a complete line. */
  *read(line: string): Generator<Event> {
    const [, thread, seconds, text] = /^(\d+) +(\d+\.\d+) (.*)$/s.exec(line) ?? []
    if (text === undefined) return
    const tid = Number(thread)
    const at = Number(seconds) * 1000
    yield* this.#start(tid, at)
    const pid = this.#processOf.get(tid)!
    const signal = /^--- (SIG\w+) /.exec(text)?.[1]
    if (signal !== undefined) {
      yield { kind: 'signal', pid, tid, at, signal }
      return
    }
    const how = /^\+\+\+ ((?:exited|killed) .*?) \+\+\+$/.exec(text)?.[1]
    if (how !== undefined) {
      const waited = this.#pending.get(tid)
      if (waited !== undefined) yield this.#call(tid, waited.began, undefined, waited.text, '?')
      this.#pending.delete(tid)
      yield { kind: 'exit', pid, tid, at, how }
      this.#processOf.delete(tid)
      return
    }
    const unfinished = /^(.*?),? *<unfinished \.\.\.>$/s.exec(text)?.[1]
    if (unfinished !== undefined) {
      this.#pending.set(tid, { began: at, text: unfinished })
      const waiting = this.#waiting(tid, at, unfinished)
      if (waiting !== undefined) yield waiting
      return
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text)?.[1]
    const before = this.#pending.get(tid)
    this.#pending.delete(tid)
    if (resumed === undefined) yield* this.#finished(tid, at, text)
    else if (before !== undefined) yield* this.#finished(tid, before.began, joined(before.text, resumed))
  }

  /** The call that waits, of a line that strace has begun and not ended. */
  begun(line: string): Call | undefined {
    const [, thread, seconds, text] = /^(\d+) +(\d+\.\d+) (\w+\(.*)$/s.exec(line) ?? []
    return text === undefined || text.includes(') = ')
      ? undefined
      : this.#waiting(Number(thread), Number(seconds) * 1000, text.replace(/, *$/, ''))
  }

  *#start(tid: number, at: number): Generator<Event> {
    if (this.#processOf.has(tid)) return
    const parents = [...this.#pending].filter(([, { text }]) => forks.test(text.split('(')[0]!))
    const [parent, { text }] = parents.length === 1 ? parents[0]! : [undefined, { text: '' }]
    const process =
      parent === undefined
        ? (this.#lookUp(tid) ?? tid)
        : text.includes('CLONE_THREAD')
          ? this.#processOf.get(parent)!
          : tid
    this.#processOf.set(tid, process)
    const from = parent === undefined ? undefined : this.#processOf.get(parent)
    yield { kind: 'start', pid: process, tid, at, ...(from !== undefined && { parent: from }) }
  }

  #waiting(tid: number, began: number, text: string): Call | undefined {
    return this.#processOf.has(tid) && /^\w+\(/.test(text) ? this.#call(tid, began, undefined, text, '?') : undefined
  }

  *#finished(tid: number, began: number, text: string): Generator<Event> {
    const [, head, result, took] = /^(\w+\(.*)\) += (.*?)(?: <(\d+\.\d+)>)?$/s.exec(text) ?? []
    if (head === undefined) return
    const pid = this.#processOf.get(tid)!
    const ended = began + Number(took ?? 0) * 1000
    const name = head.slice(0, head.indexOf('('))
    if (name === 'execve') {
      if (result !== '0') return
      const [path = '', words = ''] = splitArguments(head.slice('execve('.length))
      const program = splitArguments(words.replace(/^\[|\](, *\.\.\.)?$/g, '')).map(word => unquote(word).toString())
      if (program.length > 0) yield { kind: 'exec', pid, tid, at: ended, program }
      else yield { kind: 'exec', pid, tid, at: ended, program: [unquote(path).toString()] }
      return
    }
    if (forks.test(name)) {
      const child = Number(result)
      if (!(child > 0) || this.#processOf.has(child)) return
      const process = head.includes('CLONE_THREAD') ? pid : child
      this.#processOf.set(child, process)
      yield { kind: 'start', pid: process, tid: child, at: ended, parent: pid }
      return
    }
    yield this.#call(tid, began, ended, head, result!)
  }

  #call(tid: number, began: number, ended: number | undefined, head: string, result: string): Call {
    const name = head.slice(0, head.indexOf('('))
    const given = takeDescriptors(head.slice(name.length + 1))
    const gave = takeDescriptors(result)
    const args = splitArguments(given.text).map(shortAddresses)
    const [, number, errno, note] = /^(-?\w+|\?)(?: (E\w+))?(?: \((.*)\))?$/s.exec(gave.text) ?? [undefined, gave.text]
    const made: Descriptor[] = []
    let descriptors: readonly Descriptor[] = given.descriptors
    if (name === 'socketpair') [descriptors, made[0], made[1]] = [[], ...(descriptors as [Descriptor, Descriptor])]
    else if (makesDescriptor.test(name)) made.push(...gave.descriptors)
    const address = withAddress.test(name) ? addressOf(name, args) : undefined
    const data = errno === undefined && ended !== undefined ? dataOf(name, args, Number(number)) : undefined
    return {
      ...{ kind: 'call', pid: this.#processOf.get(tid)!, tid, began, name, args, result: number, descriptors },
      made: made.filter(descriptor => descriptor !== undefined),
      ...(ended !== undefined && { ended }),
      ...(errno !== undefined && { errno }),
      ...(note !== undefined && errno === undefined && { note }),
      ...(address !== undefined && { address }),
      ...data,
    }
  }
}

const joined = (before: string, after: string): string =>
  /^[),]/.test(after) || /[(\s]$/.test(before) ? `${before}${after}` : `${before}, ${after}`

/** The address among the arguments of such a call. */
export function addressOf(name: string, args: readonly string[]): string | undefined {
  const argument = args[/^(recvfrom|sendto)$/.test(name) ? 4 : 1]
  return argument === undefined || /^(NULL|0x.*)$/.test(argument) ? undefined : argument
}

/** The bytes that a call has sent or received. */
export function dataOf(
  name: string,
  args: readonly string[],
  result: number,
): Pick<Call, 'bytes' | 'size'> | undefined {
  if (!sends.test(name) && !receives.test(name)) return undefined
  const messages = name.endsWith('mmsg') ? [...(args[1] ?? '').matchAll(/msg_len=(\d+)/g)] : undefined
  const size = messages === undefined ? result : messages.reduce((sum, [, length]) => sum + Number(length), 0)
  const bytes = bytesOf(args[1] ?? '') ?? (/^\{msg_name|^\[\{msg_hdr/.test(args[1] ?? '') ? Buffer.alloc(0) : undefined)
  return { size, ...(bytes !== undefined && { bytes: bytes.subarray(0, size) }) }
}
