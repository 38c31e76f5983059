import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { declareHttpBehaviour } from '../support/http-behaviour.js'
import { declareHttpCases } from '../support/http-conformance.js'
import { startHttpServer } from '../support/http-exchange.js'
import type { HttpServer } from '../support/http-exchange.js'
import { modesInTypeScript } from '../support/modes.js'
import { root } from '../support/root.js'

const command = [join(root, 'bin/bsd-sockets.js'), 'http']

// The modes share their parser and their sessions: one of them runs every case, the others a part. test/all/http-cases.js runs all.
const every = process.env.HTTP_EVERY_CASE !== undefined
const isWhole = (mode: string): boolean => mode === 'reactor' || every
const isBytewise = (mode: string): boolean => mode === 'reactor' || (every && mode === 'epoll')

const start = (...options: readonly string[]): Promise<HttpServer> =>
  startHttpServer(process.execPath, [...command, ...options])

describe.each(modesInTypeScript)('http --lang ts --mode %s', mode => {
  const servers: Partial<Record<'hello' | 'echo', HttpServer>> = {}

  beforeAll(async () => {
    servers.hello = await start('--mode', mode, '--app', 'hello')
    servers.echo = await start('--mode', mode, '--app', 'echo')
  })

  afterAll(async () => {
    expect(await servers.hello?.stop()).toBe(0)
    expect(await servers.echo?.stop()).toBe(0)
  })

  declareHttpCases(app => servers[app]!, { every: isWhole(mode) ? 1 : 12 })
  if (isBytewise(mode)) declareHttpCases(app => servers[app]!, { bytewise: true })
  declareHttpBehaviour((...options) => start('--mode', mode, ...options))
})

test('--help lists the same limits as the server in C', () => {
  const limits = (file: string, ...args: readonly string[]): string[] =>
    execFileSync(file, [...args, '--help'], { encoding: 'utf8' }).match(/^ {2}--(max|.*-timeout).*\n.*$/gm)!
  const ours = limits(process.execPath, ...command)
  expect(ours).toHaveLength(9)
  expect(ours).toEqual(limits(join(root, 'build/Release/http')))
})
