import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/** A server in a process of its own. */
export interface HttpServer {
  /** A port of 127.0.0.1, or the path of a Unix socket. */
  readonly address: number | string
  readonly process: ChildProcess
  /** Requests a stop. Resolves to the exit code, or to the signal that killed the server. */
  stop(): Promise<number | string>
}

/** Starts the command with a free port, or with the path, and waits until it prints `listening on …`. */
export async function startHttpServer(command: string, args: readonly string[], path?: string): Promise<HttpServer> {
  const where = path === undefined ? ['--port', '0'] : ['--path', path]
  const child = spawn(command, [...args, ...where], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  const line = once(createInterface(child.stdout), 'line').then(([text]) => String(text))
  const first = await Promise.race([line, exited])
  const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(String(first))?.[1]
  if (port === undefined && first !== `listening on ${path}`) throw new Error(`${command} said ${first}`)
  const stop = async (): Promise<number | string> => {
    child.kill('SIGTERM')
    return exited
  }
  return { address: path ?? Number(port), process: child, stop }
}

/** Connects, and collects the received bytes until the server closes; a reset is an error. */
export class HttpClient {
  readonly socket: Socket
  readonly #ended: Promise<unknown>
  #text = ''

  constructor({ address }: Pick<HttpServer, 'address'>) {
    const where = typeof address === 'string' ? { path: address } : { port: address, host: '127.0.0.1' }
    this.socket = connect({ ...where, allowHalfOpen: true, noDelay: true })
    this.socket.setEncoding('latin1')
    this.socket.on('data', text => (this.#text += String(text)))
    this.#ended = once(this.socket, 'end')
    this.#ended.catch(() => undefined)
  }

  /** The bytes received so far, with `-` as the value of Date. */
  get text(): string {
    return this.#text.replace(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/g, '\r\nDate: -\r\n')
  }

  send(bytes: string): void {
    this.socket.write(bytes, 'latin1')
  }

  /** Sends one byte at a time, until all are sent or the server has closed. */
  async sendBytes(bytes: string): Promise<void> {
    for (const byte of bytes) {
      if (this.socket.readableEnded) return
      this.send(byte)
      await setImmediate()
    }
  }

  /** Ends the sending side. */
  finish(): void {
    this.socket.end()
  }

  /** Waits until this many bytes have been received. */
  async has(text: string): Promise<void> {
    while (this.text.length < text.length && !this.socket.readableEnded) {
      await Promise.race([once(this.socket, 'data'), this.#ended])
    }
    if (this.text !== text) throw new Error(`expected ${JSON.stringify(text)}, got ${JSON.stringify(this.text)}`)
  }

  /** Resolves to all received bytes when the server has closed. */
  async end(): Promise<string> {
    try {
      await this.#ended
      return this.text
    } finally {
      this.socket.destroy()
    }
  }
}
