// What a source reads of a program's run, whichever source it is.

/** What is known of a socket at the moment of a call. */
export interface Endpoint {
  /** `TCP`, `UDP`, `UNIX-STREAM` and the like, as strace and /proc name them; empty if the source cannot know it. */
  readonly protocol: string
  /** What tells this socket from others: its inode. */
  readonly key?: string
  /** The key of the socket at the other end. unix(7) */
  readonly peerKey?: string
  readonly local?: string
  readonly peer?: string
}

/** A descriptor among the arguments or the results. */
export interface Descriptor {
  readonly fd: number
  /** Its socket; null if it is something else; undefined if the source does not know. */
  readonly socket?: Endpoint | null
}

/** One system call of one thread. */
export interface Call {
  readonly kind: 'call'
  readonly pid: number
  readonly tid: number
  /** Milliseconds since 1970. */
  readonly began: number
  /** Undefined while the call waits, and if it never returned. */
  readonly ended?: number
  readonly name: string
  /** The arguments as text: constants by their names, addresses as `127.0.0.1:80`, bytes as strings of C. */
  readonly args: readonly string[]
  /** The result as text: `3`, `-1`, or `?` if it did not return. */
  readonly result: string
  /** The name of the error: `EAGAIN`. */
  readonly errno?: string
  /** What else the call returned, as text: the descriptors that are ready, or `Timeout`. */
  readonly note?: string
  /** The descriptors among the arguments, in their order. */
  readonly descriptors: readonly Descriptor[]
  /** The descriptors that the call made. */
  readonly made: readonly Descriptor[]
  /** The address that was given or returned. */
  readonly address?: string
  /** The bytes that were sent or received: the first of them. */
  readonly bytes?: Buffer
  /** How many bytes were sent or received. */
  readonly size?: number
  /** The line of the program that made the call, if the source knows it: `file:///program.ts:12:3`. */
  readonly source?: string
}

/** A process or a thread begins: by fork(2), by clone(2), or, without a parent, as the first of the trace. */
export interface Start {
  readonly kind: 'start'
  readonly pid: number
  readonly tid: number
  readonly at: number
  /** The process that it is of or comes from. */
  readonly parent?: number
}

/** A process executes a program. execve(2) */
export interface Exec {
  readonly kind: 'exec'
  readonly pid: number
  readonly tid: number
  readonly at: number
  readonly program: readonly string[]
}

/** A thread ends; `how` is `exited with 0` or `killed by SIGINT`. */
export interface Exit {
  readonly kind: 'exit'
  readonly pid: number
  readonly tid: number
  readonly at: number
  readonly how: string
}

/** A thread gets a signal. signal(7) */
export interface Signal {
  readonly kind: 'signal'
  readonly pid: number
  readonly tid: number
  readonly at: number
  readonly signal: string
}

export type Event = Call | Start | Exec | Exit | Signal
