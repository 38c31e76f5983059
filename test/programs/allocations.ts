// Uses every part of the addon that allocates, and calls each function of bsd-sockets/syscalls. Prints `done` or the code of
// the error for each step. test/programs/failing-allocations.ts runs it with one allocation failing after another.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const outcomes: string[] = []

async function step(name: string, run: () => unknown): Promise<void> {
  try {
    await run()
    outcomes.push(`${name}: done`)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    outcomes.push(`${name}: ${code ?? `no code: ${message}`}`)
  }
}

/** The parts of the addon that belong to an environment: they run in a worker, too. */
async function inEachThread(): Promise<void> {
  await step('load', () => import('bsd-sockets/syscalls'))
  await step('load promises', () => import('bsd-sockets/promises'))
  // A second `import` of a module that failed to load fails again.
  const C = await import('bsd-sockets')
  const P = await import('bsd-sockets/promises')
  const { listen } = await import('bsd-sockets/reactor')

  // The first wait starts the event loop; if it fails, the second does.
  for (const attempt of ['first wait', 'second wait']) {
    await step(attempt, async () => {
      const [one, other] = P.Socket.pair()
      try {
        const waiting = one.recv(1)
        waiting.catch(() => undefined)
        other.trySend('x')
        await waiting
        const second = one.recv(1)
        await new Promise(resolve => setImmediate(resolve))
        other.trySend('y')
        await second
      } finally {
        one.close()
        other.close()
      }
    })
  }
  for (const family of [C.AF_INET, C.AF_UNSPEC]) {
    await step('getaddrinfo', () => P.getaddrinfo('localhost', 80, { family }))
  }
  await step('getnameinfo', () => P.getnameinfo(['127.0.0.1', 80]))
  await step('gethostbyname', () => P.gethostbyname('localhost'))
  await step('gethostbyaddr', () => P.gethostbyaddr('127.0.0.1'))
  await step('lookups that wait', () => {
    C.getaddrinfo('localhost', 80)
    C.getnameinfo(['127.0.0.1', 80])
    C.gethostbyname('localhost')
    C.gethostbyaddr('127.0.0.1')
    C.getservbyname('http')
    C.getprotobyname('tcp')
  })
  await step('reactor', async () => {
    const server = listen({ address: '127.0.0.1', port: 0, data: (connection, bytes) => void connection.write(bytes) })
    try {
      const client = await P.createConnection(server.address)
      await client.sendall('x')
      await client.recv(1)
      client.close()
    } finally {
      server.close()
    }
  })
  await step('interrupter', () => {
    const [one, other] = C.Socket.pair()
    C.interrupt(one.interrupter())
    one.close()
    other.close()
  })
}

if (!isMainThread) {
  await inEachThread().catch((error: unknown) => outcomes.push(`thread: ${(error as NodeJS.ErrnoException).code}`))
  parentPort!.postMessage(outcomes)
} else {
  await inEachThread().catch((error: unknown) => outcomes.push(`main: ${(error as NodeJS.ErrnoException).code}`))
  await step('functions', async () => {
    const floor = await import('bsd-sockets/syscalls')
    const { parameters } = await import('../support/arguments/parameters.js')
    for (const [name, declared] of Object.entries(parameters)) {
      const call = floor[name as keyof typeof floor] as ((...values: unknown[]) => unknown) | undefined
      call?.(...declared.map(parameter => parameter.good()))
    }
  })
  const worker = new Worker(fileURLToPath(import.meta.url))
  worker.on('message', (heard: string[]) => outcomes.push(...heard.map(line => `thread: ${line}`)))
  const [status] = (await once(worker, 'exit')) as [number]
  if (status !== 0) outcomes.push(`thread: ended with status ${status}`)
  console.log(outcomes.join('\n'))
  process.exit() // the descriptors of the calls above stay open
}
