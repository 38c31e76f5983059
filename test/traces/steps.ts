// Parses the output of strace into steps: a line of the program, the function of the library that it called, and the system
// calls of that function. Names replace values that vary from run to run.

/** One call of a function of the addon's table. */
export interface Step {
  /** The line of the program as file:line; empty if the event loop called. */
  readonly where: string
  /** The function; empty for system calls on the library's descriptors outside its functions. */
  readonly name: string
  /** The system calls; none for a function of the C library that makes whichever it needs. */
  readonly calls: SystemCall[]
}

/** A system call as strace shows it, with names for values that vary. */
export interface SystemCall {
  /** The kernel's name of the call. */
  readonly name: string
  readonly given: string
  /** The result, and strace's description of it. */
  readonly gave: string
  /** The result: a number, or -1 and the name of the errno. */
  readonly result: string
}

export const textOf = ({ name, given, gave }: SystemCall): string => `${name}(${given}) = ${gave}`

/** In these the C library reads files and asks name servers: their system calls differ between machines. */
export const ofTheCLibrary = /^(getaddrinfo|getnameinfo|if_indextoname|if_nameindex|if_nametoindex)$/

const waits = new Set(['epoll_wait', 'poll', 'pselect6'])

/** Whether it waited until its timeout. */
export const timedOut = ({ name, result }: SystemCall): boolean => waits.has(name) && result === '0'

/** Returns the steps of a trace, from the lines of strace. */
export function stepsOf(lines: readonly string[]): Step[] {
  const names = new Names()
  const steps: Step[] = []
  let inside: Step | undefined
  for (const line of lines) {
    const [, name, given, result] = /^(\w+)\((.*)\) += ([^?].*)$/.exec(line) ?? [] // without a result it is repeated
    if (name === undefined || given === undefined || result === undefined) continue
    const [, mark, what, where] = /"(call|return):(\w*) ?([^"]*)"/.exec(given) ?? []
    if (mark === 'call') steps.push((inside = { where: where!, name: what!, calls: [] }))
    else if (mark === 'return') inside = undefined
    else if (inside !== undefined && ofTheCLibrary.test(inside.name)) continue
    else if (names.has(given) || (inside !== undefined && !theRuntimes.test(given))) {
      const named = names.replace(given)
      const call = {
        name,
        given:
          name === 'pselect6'
            ? names.replaceSets(named.replace(/^\d+/, 'nfds'))
            : name === 'pidfd_open'
              ? named.replace(/^\d+/, 'pid')
              : named,
        gave: names.replaceSets(names.replace(result)),
        result: /^0x/.test(result) ? `${parseInt(result)}` : /^(-1 E)?\w+/.exec(result)![0],
      }
      if (inside === undefined) steps.push({ where: '', name: '', calls: [call] })
      else inside.calls.push(call)
      if (name === 'close' && result === '0') names.delete(given)
    }
  }
  return steps
}

// Calls that wake a thread of the runtime or notify it of a signal, and the writes of the library's own trace. Their
// descriptors are not of the library.
const theRuntimes = /^(\d+<(anon_inode:\[eventfd|pipe:)|[012]<)/

const string = /"(?:[^"\\]|\\.)*"/
const descriptor = /\b(\d+)<[^<>]*>(?:\(deleted\))?/
const firstDescriptor = new RegExp(`^${descriptor.source}`)

/** Replaces outside of strings only. */
const orString = (pattern: RegExp): RegExp => new RegExp(`${string.source}|${pattern.source}`, 'g')
const isString = (found: string): boolean => found.startsWith('"')
const descriptors = orString(descriptor)
const pointers = orString(/\b0x[0-9a-f]{6,}\b/)

/** Names for descriptors and ports in the order of their appearance. strace -y marks descriptors. */
class Names {
  readonly #names = new Map<string, string>() // by the notation of strace -y for a descriptor: `7<socket:[4711]>`
  readonly #numbers = new Map<string, string>() // by number, where strace shows only that
  readonly #ports = new Map<string, string>()
  #count = 0

  /** Whether a list of arguments begins with a descriptor that has a name. */
  has(given: string): boolean {
    return this.#names.has(firstDescriptor.exec(given)?.[0] ?? '')
  }

  /** The descriptor that the arguments begin with was closed: the next of its number is another one. */
  delete(given: string): void {
    this.#names.delete(firstDescriptor.exec(given)?.[0] ?? '')
  }

  replace(text: string): string {
    return text
      .replace(descriptors, (found, number: string) => (isString(found) ? found : this.#name(found, number)))
      .replace(/\bfd=(\d+)/g, (_, number: string) => `fd=${this.#byNumber(number)}`)
      .replace(/\bdata=\{u32=(\d+), u64=\d+\}/g, (_, number: string) => `data=${this.#byNumber(number)}`)
      .replace(/\bhtons\(\d+\)|:\d{5}\b/g, found => found.replace(/\d+/, port => this.#port(port)))
      .replace(pointers, found => (isString(found) ? found : '…'))
      .replace(/\bAT_FDCWD<[^>]*>/, 'AT_FDCWD')
      .replace(/\bsun_path="[^"]*\//, 'sun_path="…/')
      .replace(/\b([pug]id)=\d+/g, '$1=…')
      .replace(/\bleft \{[^}]*\}/, 'left {…}')
      .replace(/^(-1 E\w+) .*/, '$1')
  }

  /** The sets of select, in which closed and ready descriptors are numbers. */
  replaceSets(text: string): string {
    return text.replace(/\[(fd\d+|\d+)( fd\d+| \d+)*\]/g, set =>
      set.replace(/\b\d+/g, number => this.#byNumber(number)),
    )
  }

  #byNumber(number: string): string {
    return this.#numbers.get(number) ?? number
  }

  #name(key: string, number: string): string {
    const name = this.#names.get(key) ?? `fd${++this.#count}`
    this.#names.set(key, name)
    this.#numbers.set(number, name)
    return name
  }

  #port(number: string): string {
    if (Number(number) < 32768) return number // not chosen by the kernel: ip(7), ip_local_port_range
    const name = this.#ports.get(number) ?? `port${this.#ports.size + 1}`
    this.#ports.set(number, name)
    return name
  }
}
