// Makes the steps of a conversation of the events of a trace: whose they are, and what is one call in several events.
import { basename } from 'node:path'
import { waits } from './calls.js'
import { Descriptors } from './descriptors.js'
import { Effects } from './effects.js'
import type { Call, Event } from './event.js'
import type { TracedSocket } from './states.js'
import type { Lane, Step } from './steps.js'

/** All calls on sockets, in the order in which they returned. */
export class Conversation {
  readonly steps: Step[] = []
  readonly #descriptors = new Descriptors()
  readonly #effects = new Effects(this.#descriptors)
  readonly #lanes = new Map<number, Lane>() // by thread
  readonly #names = new Map<number, string>() // by process
  readonly #waiting = new Map<number, Step>() // by thread
  readonly #sliced = new Map<number, Step>() // by thread: waits that timed out, and may go on in the next call

  /**
   * The steps that an event begins or completes; none if it is about no socket. A wait that is made in slices, of the same
   * descriptors again and again, is one step.
   */
  add(event: Event): Step[] {
    const before = this.#sliced.get(event.tid)
    if (before !== undefined && !(event.kind === 'call' && isSame(before.event as Call, event))) {
      this.#sliced.delete(event.tid)
      const step = this.#next(event)
      return step === undefined ? [before] : [before, step]
    }
    const step = this.#next(event)
    return step === undefined ? [] : [step]
  }

  /** The waits that timed out last. */
  end(): Step[] {
    return [...this.#sliced.values()]
  }

  #next(event: Event): Step | undefined {
    switch (event.kind) {
      case 'start':
        if (event.parent !== undefined) {
          this.#descriptors.fork(event.parent, event.pid)
          if (event.parent !== event.pid) this.#names.set(event.pid, this.#names.get(event.parent) ?? '')
        }
        return undefined
      case 'exec':
        this.#descriptors.exec(event.pid)
        this.#names.set(event.pid, nameOf(event.program))
        for (const lane of this.#lanes.values()) if (lane.pid === event.pid) lane.name = this.#names.get(event.pid)!
        return undefined
      case 'signal':
        return this.#lanes.has(event.tid) && event.signal !== 'SIGCHLD' ? this.#step(event, []) : undefined
      case 'exit': {
        const last = event.tid === event.pid ? this.#descriptors.exec(event.pid, true) : []
        if (!this.#lanes.has(event.tid)) return undefined
        const step = this.#step(event, last)
        for (const socket of last) this.#effects.closes(socket, step)
        this.#lanes.delete(event.tid)
        return step
      }
      case 'call':
        return this.#call(event)
    }
  }

  #lane(pid: number, tid: number): Lane {
    let lane = this.#lanes.get(tid)
    if (lane === undefined) this.#lanes.set(tid, (lane = { pid, tid, name: this.#names.get(pid) ?? '' }))
    return lane
  }

  #step(event: Step['event'], sockets: TracedSocket[]): Step {
    const lane = this.#lane(event.pid, event.tid)
    const step: Step = { number: this.steps.length + 1, lane, event, sockets, changes: [], arrows: [] }
    this.steps.push(step)
    return step
  }

  #call(call: Call): Step | undefined {
    const sliced = this.#sliced.get(call.tid)
    if (sliced !== undefined) return this.#slice(sliced, call)
    const before = this.#waiting.get(call.tid)
    this.#waiting.delete(call.tid)
    const continues = before !== undefined && (before.event as Call).began === call.began
    const sockets = this.#socketsOf(call)
    if (sockets.length === 0 && !/^socket(pair)?$/.test(call.name)) return undefined
    const step = continues ? before : this.#step(call, sockets)
    step.event = call
    for (const socket of sockets) if (!waits.test(call.name)) socket.lane = step.lane
    if (call.ended === undefined) {
      this.#waiting.set(call.tid, step)
      this.#effects.begins(call, step)
      return step
    }
    if (timedOut(call)) {
      this.#sliced.set(call.tid, step)
      return undefined
    }
    this.#effects.returns(call, step, continues)
    return step
  }

  // One more slice of a wait.
  #slice(step: Step, call: Call): Step | undefined {
    if (call.ended === undefined) return undefined
    step.event = { ...call, began: (step.event as Call).began }
    if (timedOut(call)) return undefined
    this.#sliced.delete(call.tid)
    return step
  }

  // The sockets that are not the standard streams of somebody else.
  #socketsOf(call: Call): TracedSocket[] {
    const { pid, name, descriptors } = call
    const found = descriptors.map(descriptor => this.#descriptors.find(pid, descriptor))
    if (/^epoll_p?wait/.test(name)) found.push(...this.#descriptors.polled(pid, Number(call.args[0])))
    const shown = found.filter(socket => socket !== undefined).filter(socket => !socket.standard)
    if (name === 'epoll_ctl' && shown[0] !== undefined) {
      const set = this.#descriptors.polled(pid, Number(call.args[0]))
      if (call.args[1] === 'EPOLL_CTL_DEL') set.delete(shown[0])
      else set.add(shown[0])
    }
    return [...new Set(shown)]
  }
}

const timedOut = ({ name, result, errno }: Call): boolean => waits.test(name) && result === '0' && errno === undefined

// Whether a call waits for the same as another; its timeout may differ.
const isSame = (a: Call, b: Call): boolean =>
  a.name === b.name &&
  (/^epoll/.test(a.name) ? a.args[0] === b.args[0] : a.args[0] === b.args[0] && a.args[1] === b.args[1])

// `node server.js`: the program, and of an interpreter its file.
function nameOf([program = '', ...args]: readonly string[]): string {
  const name = basename(program)
  const file = /^(node|bun|deno|python[\d.]*|ruby|perl|(ba|da|z)?sh)$/.test(name)
    ? args.find(arg => !arg.startsWith('-'))
    : undefined
  return file === undefined || /\s/.test(file) ? name : `${name} ${basename(file)}`
}
