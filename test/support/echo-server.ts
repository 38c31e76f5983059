// Starts echo servers for tests, and does what the tests need with clients.
import { spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished } from 'vitest'

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `command`. `limit` is its limit of open descriptors (RLIMIT_NOFILE); it inherits those in `inherited`. */
export function run(command: readonly string[], limit?: number, inherited: readonly number[] = []) {
  const [program, ...args] = command as [string, ...string[]]
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...inherited]
  const shell = ['-c', `ulimit -n ${limit} && exec "$0" "$@"`, ...command]
  const child = limit === undefined ? spawn(program, args, { stdio }) : spawn('sh', shell, { stdio })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ending>(resolve =>
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  )
  /** Waits until it has printed a line that matches. */
  async function printed(line: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = line.exec(stdout) ?? line.exec(stderr)
      if (match !== null) return match
      const more = [child.stdout!, child.stderr!].map(stream => once(stream, 'data').then(() => undefined))
      const ending = await Promise.race([ended, ...more])
      if (ending !== undefined) throw new Error(`it has ended: ${JSON.stringify(ending)}`)
    }
  }
  return { child, ended, printed }
}

/** Starts a server and waits until it listens. */
export async function start(command: readonly string[], limit?: number, inherited?: readonly number[]) {
  const { child, ended, printed } = run(command, limit, inherited)
  const where = (await printed(/^listening on (.*)\n$/))[1]!
  const separator = where.lastIndexOf(':')
  const port = Number(where.slice(separator + 1))
  const host = where.slice(0, separator).replace(/[[\]]/g, '')
  return {
    child,
    where,
    port,
    async connect(): Promise<Socket> {
      const options = where.startsWith('/') ? { path: where } : { port, host }
      const client = connect({ ...options, allowHalfOpen: true })
      onTestFinished(() => void client.destroy())
      await once(client, 'connect')
      return client
    },
    /** Sends SIGTERM, and expects a graceful end without further output. */
    async stop(): Promise<Ending> {
      child.kill('SIGTERM')
      const ending = await ended
      expect(ending).toMatchObject({ code: 0, signal: null, stdout: `listening on ${where}\n` })
      return ending
    },
    ended,
  }
}

/** Waits for this many bytes. */
async function receive(client: Socket, size: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let left = size; left > 0;) {
    const chunk = client.read(Math.min(left, client.readableLength || 1)) as Buffer | null
    if (chunk === null) {
      if (client.readableEnded) throw new Error(`ended with ${left} bytes left`)
      await Promise.race([once(client, 'readable'), once(client, 'end')])
      continue
    }
    chunks.push(chunk)
    left -= chunk.length
  }
  return Buffer.concat(chunks)
}

/** Sends the bytes, stops sending, and returns all bytes that arrive until the server closes. */
export async function exchange(client: Socket, data: Uint8Array): Promise<Buffer> {
  client.end(data)
  return buffer(client)
}

/** Sends a text and expects the same text back. */
export async function roundTrip(client: Socket, text: string): Promise<void> {
  client.write(text)
  expect((await receive(client, text.length)).toString()).toBe(text)
}
