import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { declareHttpBehaviour } from './http-behaviour.js'
import { declareHttpCases } from './http-conformance.js'
import { startHttpServer } from './http-exchange.js'
import type { HttpServer } from './http-exchange.js'

const program = join(import.meta.dirname, '../build/Release/http')

describe.each(['blocking', 'threads', 'select', 'poll', 'epoll'])('http --lang c --mode %s', mode => {
  const servers: Partial<Record<'hello' | 'echo', HttpServer>> = {}

  beforeAll(async () => {
    servers.hello = await startHttpServer(program, ['--mode', mode, '--app', 'hello'])
    servers.echo = await startHttpServer(program, ['--mode', mode, '--app', 'echo'])
  })

  afterAll(async () => {
    expect(await servers.hello?.stop()).toBe(0)
    expect(await servers.echo?.stop()).toBe(0)
  })

  declareHttpCases(app => servers[app]!)
  if (mode === 'epoll' || mode === 'threads') declareHttpCases(app => servers[app]!, { bytewise: true })
  declareHttpBehaviour((...options) => startHttpServer(program, ['--mode', mode, ...options]))
})
