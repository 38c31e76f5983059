import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { serve } from 'bsd-sockets/http'
import { describe, expect, test } from 'vitest'
import { httpCases } from '../support/http-cases.js'
import { HttpClient, startHttpServer } from '../support/http-exchange.js'
import type { HttpServer } from '../support/http-exchange.js'
import { root } from '../support/root.js'

// test/all/http-hostile.js sends more requests. SEED repeats a failure.
const total = Number(process.env.HOSTILE_REQUESTS ?? 5_000)
const seed = Number(process.env.SEED ?? 1)
const clients = 32
const corpus = httpCases.map(one => one.send).filter(send => send.length < 4096)
const pieces = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  '0',
  '\r\n\r\n',
  'Content-Length: 1\r\n',
  'chunked',
  '\xff',
  'HTTP/1.1',
]

/** A pseudo-random generator of numbers from 0 to 1. */
function generator(state: number): () => number {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** One or two cases, with a few bytes deleted, doubled, replaced or inserted. */
function mutate(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  let bytes = pick(corpus) + (random() < 0.3 ? pick(corpus) : '')
  for (let edits = Math.floor(random() * 5); edits > 0; edits--) {
    const at = Math.floor(random() * bytes.length)
    const end = at + Math.floor(random() * 8)
    const middle = [
      '',
      bytes.slice(at, end).repeat(2),
      pick(pieces),
      bytes.slice(at, end) + pick(pieces),
      String.fromCharCode(Math.floor(random() * 256)),
    ]
    bytes = bytes.slice(0, at) + pick(middle) + bytes.slice(end)
  }
  return bytes
}

async function attack(server: HttpServer, random: () => number, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const client = new HttpClient(server)
    const bytes = mutate(random)
    client.send(bytes)
    client.finish()
    const text = await client.end()
    if (!/^(HTTP\/1\.1 (100|200|4\d\d|501|505) |$)/.test(text)) {
      throw new Error(`seed ${seed}: ${JSON.stringify(bytes)} was answered with ${JSON.stringify(text)}`)
    }
  }
}

const commands = {
  c: [join(root, 'build/Release/http')],
  ts: [process.execPath, join(root, 'bin/bsd-sockets.js'), 'http'],
} as const

describe.each([
  ['c', 'epoll'],
  ['c', 'threads'],
  ['ts', 'epoll'],
  ['ts', 'reactor'],
] as const)(`http --lang %s --mode %s, seed ${seed}`, (lang, mode) => {
  test(`survives ${total} hostile requests`, { timeout: 600_000 }, async () => {
    const path = join(tmpdir(), `http-hostile-${process.pid}-${lang}-${mode}.sock`)
    const [program, ...args] = commands[lang]
    const server = await startHttpServer(program, [...args, '--mode', mode], path)
    const random = generator(seed)
    await Promise.all(Array.from({ length: clients }, () => attack(server, random, total / clients)))
    const client = new HttpClient(server)
    client.send('GET / HTTP/1.0\r\n\r\n')
    expect(await client.end()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(await server.stop()).toBe(0)
  })
})

describe(`streamed bodies, seed ${seed}`, () => {
  const type = (headers: Readonly<Record<string, string>>): Record<string, string> => ({
    'Content-Type': headers['content-type'] || 'application/octet-stream',
  })
  const errors: unknown[] = []
  const options = { error: (error: unknown) => void errors.push(error), limits: { body: 5000 } }

  /** Sends the bytes in pieces, split at `cuts`, and returns the whole answer. */
  async function ask(port: number, bytes: string, cuts: readonly number[]): Promise<string> {
    const client = new HttpClient({ address: port })
    let from = 0
    for (const cut of cuts) {
      client.send(bytes.slice(from, cut))
      from = cut
      await setImmediate()
    }
    client.send(bytes.slice(from))
    client.finish()
    return client.end()
  }

  test(`get the answers of buffered ones: ${total} hostile requests`, { timeout: 600_000 }, async () => {
    using whole = serve(({ body, headers }) => ({ headers: type(headers), body }), options)
    using streamed = serve(async ({ body, headers }) => ({ headers: type(headers), body: await buffer(body) }), {
      ...options,
      streamBody: true,
    })
    const random = generator(seed)
    let requests = 0
    const attackBoth = async (): Promise<void> => {
      while (requests++ < total) {
        const bytes = mutate(random)
        const cuts = Array.from({ length: Math.floor(random() * 4) }, () => Math.floor(random() * bytes.length))
        cuts.sort((a, b) => a - b)
        const [expected, text] = await Promise.all([whole, streamed].map(({ port }) => ask(port, bytes, cuts)))
        expect({ seed, bytes, cuts, text }).toEqual({ seed, bytes, cuts, text: expected })
      }
    }
    await Promise.all(Array.from({ length: clients }, attackBoth))
    expect(errors).toEqual([])
  })
})
