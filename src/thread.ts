// Worker threads: how one is started, gets a descriptor of its own, and reports that it has begun and that it has ended; and
// pools of threads that are used again.
import { availableParallelism } from 'node:os'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { duplicate } from './descriptors/open.js'
import { Timer } from './timers.js'

interface Start {
  task: unknown
  fd: number | undefined
}

// A message that no other code sends: a module that runs in the thread may send its own.
const begun = 'bsd-sockets: the thread has begun'

/** A worker thread for a module of this package, which calls `takeOver` and then `begin`. */
export class Thread {
  readonly worker: Worker
  /** Resolves when the thread has begun; rejects with the reason if it ends before. */
  readonly begun: Promise<void>
  /** Resolves when the thread has ended, for any reason. */
  readonly ended: Promise<void>

  /**
   * `task` is cloned. The thread makes its own duplicate of `fd`; the caller owns `fd`, and keeps it open until `begun` settles.
   * An error before the thread has begun rejects `begun`. Later errors are `error` events of the worker, and uncaught without a
   * listener.
   */
  constructor(script: URL | string, task: unknown, fd?: number) {
    const start: Start = { task, fd }
    const worker = (this.worker = new Worker(script, { workerData: start }))
    this.ended = new Promise(resolve => worker.once('exit', () => resolve()))
    this.begun = new Promise((resolve, reject) => {
      const settle = (): void => void worker.off('message', heard).off('error', failed).off('exit', ended)
      const heard = (message: unknown): void => {
        if (message !== begun) return
        settle()
        resolve()
      }
      const failed = (error: Error): void => {
        settle()
        reject(error)
      }
      const ended = (code: number): void => failed(new Error(`A thread ended before it had begun, with status ${code}`))
      worker.on('message', heard).on('error', failed).on('exit', ended)
    })
  }
}

/** In the thread: returns its task and, if it was given one, its own descriptor, which is closed with the thread. */
export function takeOver<Task>(): { task: Task; fd: number | undefined } {
  const { task, fd } = workerData as Start
  return { task: task as Task, fd: fd === undefined ? undefined : duplicate(fd) }
}

/** In the thread: reports that it has begun, and has its descriptor. */
export const begin = (): void => parentPort!.postMessage(begun)

/** What a thread of a pool is to do next. */
interface Order {
  task: unknown
  fd: number
}

// Messages of a pool and its threads, which no other code sends.
const taken = 'bsd-sockets: the thread has taken the descriptor'
const done = 'bsd-sockets: the thread has done its task'
const end = 'bsd-sockets: the thread is to end'

interface Job extends Order {
  isTaken: boolean
  taken: (error?: Error) => void
  over: (error?: Error) => void
}

/** A task in a pool. */
export interface Run {
  /** Resolves when a thread has its duplicate of the descriptor; rejects if none could be started, or could take it. */
  readonly taken: Promise<void>
  /** Resolves when the task is done, its thread has exited, or it was not taken; rejects with what the thread has died of. */
  readonly over: Promise<void>
}

interface PooledThread extends Thread {
  job?: Job | undefined
  idle?: Timer | undefined
}

// How long a thread waits for another task, in milliseconds.
const idleMs = 10_000

// A start keeps a processor busy: more at a time would only delay the first.
const startsAtOnce = availableParallelism()

// How long no task must come before used spare threads are replaced, in milliseconds: a start would take time from the tasks.
const quietMs = 5000

/**
 * Threads that run one task at a time, one after the other. Tasks that come while none is free wait for whichever is free
 * first: one that is done with another task, or a new one. A task that throws ends its thread. Idle threads do not keep the
 * process alive. Those beyond the spare ones end after a while.
 */
export class ThreadPool {
  readonly #script: URL | string
  readonly #daemons: boolean
  readonly #threads = new Set<PooledThread>()
  readonly #idle: PooledThread[] = []
  readonly #waiting: Job[] = []
  #starting = 0
  #jobs = 0
  #closed = false
  #spare = 0
  #quiet: Timer | undefined
  #isQuiet = false

  /** `script` calls `serveTasks`. `daemons`: whether the process may end while threads run tasks. */
  constructor(script: URL | string, daemons = false) {
    this.#script = script
    this.#daemons = daemons
  }

  /** The number of tasks that are not over. */
  get jobs(): number {
    return this.#jobs
  }

  /** The number of threads. */
  get size(): number {
    return this.#threads.size
  }

  /**
   * Keeps `count` threads idle for the tasks to come, until the pool is closed. Starts up to `now` of them at once. It starts the others,
   * and those that replace used ones, one after the other while no task comes.
   */
  keepSpare(count: number, now = count): void {
    this.#spare = count
    for (let i = this.#idle.length + this.#starting; i < now; i++) this.#start()
    this.#isQuiet = true
    this.#quiet ??= new Timer(quietMs, () => this.#fill(), false)
  }

  /** Runs a task, which is cloned. The caller owns `fd`, and keeps it open until it is taken. */
  run(task: unknown, fd: number): Run {
    const job: Job = { task, fd, isTaken: false, taken: () => undefined, over: () => undefined }
    const settled = (set: (settle: (error?: Error) => void) => void): Promise<void> =>
      new Promise((resolve, reject) => set(error => (error === undefined ? resolve() : reject(error))))
    const run = { taken: settled(settle => (job.taken = settle)), over: settled(settle => (job.over = settle)) }
    this.#jobs++
    this.#waiting.push(job)
    this.#isQuiet = false
    this.#quiet?.refresh()
    this.#next()
    return run
  }

  /** Lets each thread end once it has nothing to do. */
  close(): void {
    this.#closed = true
    this.#quiet?.clear()
    for (const thread of this.#idle.splice(0)) this.#end(thread)
  }

  /** Resolves when the pool is closed and all threads have ended. */
  async join(): Promise<void> {
    while (this.#threads.size > 0) await Promise.all(Array.from(this.#threads, ({ ended }) => ended))
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) this.#give(this.#idle.pop()!, this.#waiting.shift()!)
    while (this.#starting < Math.min(this.#waiting.length, startsAtOnce)) this.#start()
  }

  // Starts a spare thread, and the next one when it has begun.
  #fill(): void {
    this.#isQuiet = true
    if (this.#idle.length + this.#starting < this.#spare) this.#start()
  }

  #start(): void {
    this.#starting++
    try {
      this.#watch(new Thread(this.#script, undefined))
    } catch (error) {
      this.#notStarted(error as Error)
    }
  }

  #notStarted(error: Error): void {
    this.#starting--
    const job = this.#waiting.shift()
    if (job !== undefined) this.#refuse(job, error)
  }

  #watch(thread: PooledThread): void {
    const { worker, begun, ended } = thread
    let error: Error | undefined
    this.#threads.add(thread)
    worker.on('message', message => {
      if (message === taken) this.#taken(thread.job!)
      else if (message === done) this.#done(thread)
    })
    void ended.then(() => {
      this.#threads.delete(thread)
      const place = this.#idle.indexOf(thread)
      if (place >= 0) this.#idle.splice(place, 1)
      thread.idle?.clear()
      if (thread.job !== undefined) this.#died(thread.job, error)
    })
    void begun.then(
      () => {
        this.#starting--
        worker.on('error', (reason: Error) => (error = reason))
        if (this.#daemons) worker.unref()
        this.#free(thread)
        this.#next()
        if (this.#isQuiet && !this.#closed) this.#fill()
      },
      (reason: unknown) => {
        this.#notStarted(reason as Error)
        this.#next()
      },
    )
  }

  #give(thread: PooledThread, job: Job): void {
    thread.idle?.clear()
    thread.job = job
    if (!this.#daemons) thread.worker.ref()
    thread.worker.postMessage({ task: job.task, fd: job.fd } satisfies Order)
  }

  #done(thread: PooledThread): void {
    const job = thread.job!
    thread.job = undefined
    this.#over(job)
    this.#free(thread)
  }

  #taken(job: Job): void {
    job.isTaken = true
    job.taken()
  }

  #died(job: Job, error?: Error): void {
    if (job.isTaken) this.#over(job, error)
    else this.#refuse(job, error ?? new Error('A thread ended before it had taken its task'))
  }

  #over(job: Job, error?: Error): void {
    this.#jobs--
    job.over(error)
  }

  // Nobody runs it.
  #refuse(job: Job, error: Error): void {
    this.#jobs--
    job.taken(error)
    job.over()
  }

  #free(thread: PooledThread): void {
    const job = this.#waiting.shift()
    if (job !== undefined) return this.#give(thread, job)
    thread.worker.unref()
    if (this.#closed) return this.#end(thread)
    this.#idle.push(thread)
    if (this.#idle.length > this.#spare) thread.idle = new Timer(idleMs, () => this.#endIdle(thread), false)
  }

  #endIdle(thread: PooledThread): void {
    if (this.#idle.length <= this.#spare) return
    this.#idle.splice(this.#idle.indexOf(thread), 1)
    this.#end(thread)
  }

  #end(thread: PooledThread): void {
    thread.idle?.clear()
    if (this.#closed && !this.#daemons) thread.worker.ref() // so that `join` is waited for
    thread.worker.postMessage(end)
  }
}

/**
 * In a thread of a pool: runs each task with a descriptor of its own, which is closed with the thread. What `run` throws ends
 * the thread.
 */
export function serveTasks<Task>(run: (task: Task, fd: number) => void | Promise<void>): void {
  async function runOne({ task, fd }: Order): Promise<void> {
    const own = duplicate(fd)
    parentPort!.postMessage(taken)
    await run(task as Task, own)
    parentPort!.postMessage(done)
  }

  // A handler of uncaught exceptions in `run` must not keep a thread that nobody waits for.
  function failed(error: unknown): void {
    setImmediate(() => process.exit(1))
    throw error
  }

  parentPort!.on('message', (order: Partial<Order> | string | null) => {
    if (order === end) process.exit() // a timer of a module would keep the thread alive
    if (typeof order !== 'object' || order?.fd === undefined) return
    runOne(order as Order).catch((error: unknown) => queueMicrotask(() => failed(error)))
  })
  begin()
}
