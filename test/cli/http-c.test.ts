import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { declareHttpBehaviour } from '../support/http-behaviour.js'
import { declareHttpCases } from '../support/http-conformance.js'
import { startHttpServer } from '../support/http-exchange.js'
import type { HttpServer } from '../support/http-exchange.js'
import { modesInC } from '../support/modes.js'
import { root } from '../support/root.js'

const program = join(root, 'build/Release/http')

describe.each(modesInC)('http --lang c --mode %s', mode => {
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
