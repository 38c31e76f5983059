// The plan of faults.c: which call of a program is to fail, and the counts of its calls.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

// The offsets in `struct shared` of faults.c.
const at = {
  call: 0,
  occurrence: 24,
  error: 28,
  failed: 32,
  sends: 36,
  state: 40,
  shortened: 44,
  calls: 48,
  receives: 52,
}
const counts = 64
const names = 320
const size = names + 64 * 16

// Errnos that node:os does not have.
const others = { EHOSTDOWN: 112, ENONET: 64 }
export const numberOf = errno => constants.errno[errno] ?? others[errno]

/** Compiles the library into a folder; its path. */
export function compile(folder) {
  const library = join(folder, 'faults.so')
  const flags = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC']
  execFileSync('cc', [...flags, '-o', library, join(root, 'test/faults/faults.c'), '-ldl'], { stdio: 'inherit' })
  return library
}

export class Plan {
  #fd

  /** In a new file, for programs that `library` is preloaded into. `object`: the end of the name of the file whose calls fail. */
  constructor(library, file, object) {
    this.#fd = openSync(file, 'w+')
    this.env = { LD_PRELOAD: library, FAULTS_FILE: file, FAULTS_OBJECT: object }
    writeSync(this.#fd, Buffer.alloc(size), 0, size, 0)
  }

  #number(offset) {
    return this.#read(offset, 4).readUInt32LE()
  }

  #read(offset, length) {
    const bytes = Buffer.alloc(length)
    readSync(this.#fd, bytes, 0, length, offset)
    return bytes
  }

  #write(offset, bytes) {
    writeSync(this.#fd, bytes, 0, bytes.length, offset)
  }

  #set(offset, ...numbers) {
    this.#write(offset, Buffer.from(Uint32Array.from(numbers).buffer))
  }

  /** From now on, the call with this number fails, once. The counts begin at 0. */
  arm(call, occurrence, errno) {
    this.disarm()
    this.#set(at.occurrence, occurrence, numberOf(errno), 0)
    this.#write(counts, Buffer.alloc(256))
    this.#write(at.call, Buffer.from(call.padEnd(24, '\0')))
  }

  disarm() {
    this.#write(at.call, Buffer.alloc(24))
    this.#write(counts, Buffer.alloc(256))
  }

  /** From now on, so many percent of the calls on streams do a part only. */
  shorten({ sends, receives }, seed) {
    this.#set(at.sends, sends, seed)
    this.#set(at.receives, receives)
  }

  get failed() {
    return this.#number(at.failed) > 0
  }

  get shortened() {
    return this.#number(at.shortened)
  }

  /** How many times each call was made, since it was armed or disarmed. */
  counts() {
    const made = {}
    for (let i = 0; i < this.#number(at.calls); i++) {
      const count = this.#number(counts + 4 * i)
      const name = this.#read(names + 16 * i, 16)
        .toString('latin1')
        .replace(/\0.*/, '')
      if (count > 0) made[name] = count
    }
    return made
  }

  close() {
    closeSync(this.#fd)
  }
}
