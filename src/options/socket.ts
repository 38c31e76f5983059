// Values of the options at level SOL_SOCKET.
import { invalidType, outOfRange } from '../checks.js'
import { boolean, number, optional } from '../structs/fields.js'
import { dataView, field, read, sizeOf, write } from '../syscalls/layout.js'
import { call } from '../syscalls/native.js'
import { structure } from '../structs/structure.js'
import { list, long, readOnly, unsigned } from './codecs.js'
import type { Codec, Decoder, Encoder } from './option.js'

/** Whether close waits until data is sent, and for how long; with `seconds` 0 it sends a reset instead. socket(7) */
export interface Linger {
  /** Whether close(2) lingers. */
  on: boolean
  /** How long close(2) waits for unsent data at most, in seconds; 0: it drops the data and resets the connection. */
  seconds: number
}

/** @internal */
export const linger = structure<Linger>('linger', { on: ['l_onoff', boolean], seconds: ['l_linger', number] })

const second = field('timeval.tv_sec')
const microsecond = field('timeval.tv_usec')
const longest = (2 ** 31 - 1) * 1000

/** @internal Milliseconds in a timeval, to the microsecond. Null is no limit; the kernel writes it as 0. */
export const timeout: Codec<number | null> = {
  room: sizeOf('timeval'),
  form: 'above 0, or null',
  decode(bytes) {
    const view = dataView(bytes)
    return read(view, second) * 1000 + read(view, microsecond) / 1000 || null
  },
  encode(value) {
    if (value !== null && typeof value !== 'number') throw invalidType('value', value, 'of type number, or null')
    if (value !== null && !(value > 0 && value <= longest)) {
      throw outOfRange('value', value, `> 0 && <= ${longest}, or null to wait for ever`)
    }
    const microseconds = Math.ceil((value ?? 0) * 1000)
    const bytes = Buffer.alloc(sizeOf('timeval'))
    write(dataView(bytes), second, Math.floor(microseconds / 1e6))
    write(dataView(bytes), microsecond, microseconds % 1e6)
    return bytes
  },
}

/** A socket's memory, in bytes; `drops` is a number of packets. SK_MEMINFO_… of sock_diag(7) */
export interface MemoryInfo {
  /** Used by received data. */
  rmemAlloc: number
  /** The limit of `rmemAlloc`. */
  rcvbuf: number
  /** Used by data that is being sent. */
  wmemAlloc: number
  /** The limit of `wmemAlloc`. */
  sndbuf: number
  /** Reserved for what comes next, in bytes. */
  fwdAlloc: number
  /** Used by data that waits to be sent. */
  wmemQueued: number
  /** Used by options and filters, in bytes. */
  optmem: number
  /** Used by packets that wait to be processed, in bytes. */
  backlog: number
  /** The number of dropped packets. */
  drops: number
}

const memory = list(unsigned, 9)

/** @internal */
export const memoryInfo: Decoder<MemoryInfo> = {
  room: memory.room,
  form: '{ rmemAlloc, rcvbuf, … }',
  decode(bytes, fd) {
    const values = memory.decode(bytes, fd)
    const [rmemAlloc = 0, rcvbuf = 0, wmemAlloc = 0, sndbuf = 0, fwdAlloc = 0] = values
    const [wmemQueued = 0, optmem = 0, backlog = 0, drops = 0] = values.slice(5)
    return { rmemAlloc, rcvbuf, wmemAlloc, sndbuf, fwdAlloc, wmemQueued, optmem, backlog, drops }
  },
}

/** SOF_TIMESTAMPING_… flags, and with SOF_TIMESTAMPING_BIND_PHC the index of a hardware clock. socket(7) */
export interface TimestampingFlags {
  /** SOF_TIMESTAMPING_… flags. */
  flags: number
  /** The index of the hardware clock to use; default: 0. */
  bindPhc?: number
}

/** @internal */
export const timestamping = structure<TimestampingFlags>('so_timestamping', {
  flags: ['flags', number],
  bindPhc: ['bind_phc', optional(number, 0)],
})

/** The clock for scheduled packets, such as 11 for CLOCK_TAI, and SOF_TXTIME_… flags. tc-etf(8) */
export interface Txtime {
  /** The number of the clock. clock_gettime(2) */
  clockid: number
  /** SOF_TXTIME_… flags; default: 0. */
  flags?: number
}

/** @internal */
export const txtime = structure<Txtime>('sock_txtime', {
  clockid: ['clockid', number],
  flags: ['flags', optional(number, 0)],
})

/** An instruction of a classic BPF program. `jt` and `jf`: how many to skip if a comparison is true or false. bpf(4) */
export interface FilterInstruction {
  /** The operation. */
  code: number
  /** How many instructions to skip if the comparison is true; default: 0. */
  jt?: number
  /** How many instructions to skip if the comparison is false; default: 0. */
  jf?: number
  /** The operand. */
  k: number
}

const instruction = structure<FilterInstruction>('sock_filter', {
  code: ['code', number],
  jt: ['jt', optional(number, 0)],
  jf: ['jf', optional(number, 0)],
  k: ['k', number],
})

/** @internal A classic BPF program of at most BPF_MAXINSNS instructions; the kernel expects a pointer to it. */
export const filter: Codec<readonly FilterInstruction[]> = {
  ...list(instruction, 4096),
  setsockopt: call('setsockopt_fprog'),
}

/** @internal As `filter`, for options that cannot be read. */
export const filterToAttach: Encoder<readonly FilterInstruction[]> = {
  encode: filter.encode,
  form: filter.form!,
  setsockopt: call('setsockopt_fprog'),
}

/** @internal Bytes per second; Infinity: no limit. */
export const rate: Codec<number> = {
  room: 8,
  form: 'at least 0, or Infinity',
  decode(bytes) {
    const size = bytes.length < 8 ? 4 : 8 // before Linux 5.0
    const value = read(dataView(bytes), { offset: 0, size, signed: false })
    return value >= 2 ** (8 * size) - 1 ? Infinity : value
  },
  encode(value) {
    return value === Infinity ? Buffer.alloc(8, 0xff) : long.encode(value)
  },
}

/** @internal A list of numbers, such as groups. */
export const numbers = readOnly(list(unsigned, 64))
