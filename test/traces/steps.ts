// What strace wrote, as steps: which line of the program called which function of the library, and the system calls that
// it made, with a name in the place of all that varies from run to run.

/** One call of a function of the library's native table. */
export interface Step {
  /** The line of the program as file:line; empty where the event loop called. */
  readonly where: string
  /** The function; empty for what was done to the library's descriptors outside of its functions. */
  readonly name: string
  readonly calls: SystemCall[]
}

export interface SystemCall {
  /** The kernel's name for it. */
  readonly name: string
  /** As strace shows it, with names for what varies. */
  readonly text: string
  /** What it returned, with the name of the errno where that was -1. */
  readonly result: string
}

/** The steps of a trace, from the lines that strace wrote. */
export function stepsOf(lines: readonly string[]): Step[] {
  const names = new Names()
  const steps: Step[] = []
  let inside: Step | undefined
  for (const line of lines) {
    const [, name, given, result] = /^(\w+)\((.*)\) += ([^?].*)$/.exec(line) ?? [] // without a result it is made again
    if (name === undefined || given === undefined || result === undefined) continue
    const [, mark, what, where] = /"(call|return):(\w*) ?([^"]*)"/.exec(given) ?? []
    if (mark === 'call') steps.push((inside = { where: where!, name: what!, calls: [] }))
    else if (mark === 'return') inside = undefined
    else if (inside === undefined ? names.has(given) : !theRuntimes.test(given)) {
      const values = name === 'pselect6' ? given.replace(/^\d+/, 'nfds') : given
      const text = `${name}(${names.replace(values)}) = ${names.replace(result)}`
      const call = { name, text, result: /^0x/.test(result) ? `${parseInt(result)}` : /^(-1 E)?\w+/.exec(result)![0] }
      if (inside === undefined) steps.push({ where: '', name: '', calls: [call] })
      else inside.calls.push(call)
      if (name === 'close' && result === '0') names.delete(given)
    }
  }
  return steps
}

// What wakes a thread of the runtime's, and the lines that the library's own trace writes.
const theRuntimes = /^(\d+<anon_inode:\[eventfd|[012]<)/

const string = /"(?:[^"\\]|\\.)*"/
const descriptor = /\b(\d+)<[^<>]*>(?:\(deleted\))?/
const firstDescriptor = new RegExp(`^${descriptor.source}`)

/** What is replaced is not looked for in strings. */
const orString = (pattern: RegExp): RegExp => new RegExp(`${string.source}|${pattern.source}`, 'g')
const isString = (found: string): boolean => found.startsWith('"')
const descriptors = orString(descriptor)
const pointers = orString(/\b0x[0-9a-f]{6,}\b/)

/** Names for descriptors and ports in the order of their appearance. strace -y tells descriptors from other numbers. */
class Names {
  readonly #names = new Map<string, string>() // by what strace -y says of a descriptor: `7<socket:[4711]>`
  readonly #numbers = new Map<string, string>() // by number, where strace gives no more than that
  readonly #ports = new Map<string, string>()
  #count = 0

  /** Whether a list of arguments begins with a descriptor that has a name. */
  has(given: string): boolean {
    return this.#names.has(firstDescriptor.exec(given)?.[0] ?? '')
  }

  /** The descriptor that they begin with was closed: the next one of its number is another. */
  delete(given: string): void {
    this.#names.delete(firstDescriptor.exec(given)?.[0] ?? '')
  }

  replace(text: string): string {
    const byNumber = (number: string): string => this.#numbers.get(number) ?? number
    return text
      .replace(descriptors, (found, number: string) => (isString(found) ? found : this.#name(found, number)))
      .replace(/\bfd=(\d+)/g, (_, number: string) => `fd=${byNumber(number)}`)
      .replace(/\bdata=\{u32=(\d+), u64=\d+\}/g, (_, number: string) => `data=${byNumber(number)}`)
      .replace(/\b(in|out|except) \[[\d ]+\]/g, set => set.replace(/\d+/g, byNumber))
      .replace(/\bhtons\(\d+\)|:\d{5}\b/g, found => found.replace(/\d+/, port => this.#port(port)))
      .replace(pointers, found => (isString(found) ? found : '…'))
      .replace(/\b([pug]id)=\d+/g, '$1=…')
      .replace(/\bleft \{[^}]*\}/, 'left {…}')
      .replace(/^(-1 E\w+) .*/, '$1')
  }

  #name(key: string, number: string): string {
    const name = this.#names.get(key) ?? `fd${++this.#count}`
    this.#names.set(key, name)
    this.#numbers.set(number, name)
    return name
  }

  #port(number: string): string {
    if (Number(number) < 32768) return number // not one that the kernel chose: ip(7), ip_local_port_range
    const name = this.#ports.get(number) ?? `port${this.#ports.size + 1}`
    this.#ports.set(number, name)
    return name
  }
}
