import { expect, test } from 'vitest'
import { answerBytes, httpCases } from './http-cases.js'
import { HttpClient } from './http-exchange.js'
import type { HttpCase } from './http-cases.js'
import type { HttpServer } from './http-exchange.js'

const probe = 'GET / HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n'

function probeAnswer({ app }: HttpCase): string {
  return app === 'hello'
    ? answerBytes({ status: 200, body: 'hello world\n', connection: 'close' })
    : answerBytes({ status: 200, body: '', type: 'application/octet-stream', connection: 'close' })
}

async function exchange(server: HttpServer, one: HttpCase, bytewise: boolean): Promise<string> {
  const client = new HttpClient(server)
  const bytes = one.end === 'open' ? one.send + probe : one.send
  if (bytewise) await client.sendBytes(bytes)
  else client.send(bytes)
  if (one.end === 'waiting') client.finish()
  return client.end()
}

/**
 * Declares a test for each case, or for every `every`-th one, against the server that `find` returns for its application.
 * With `bytewise` each byte is sent separately, and cases longer than a few kilobytes are left out.
 */
export function declareHttpCases(
  find: (app: HttpCase['app']) => HttpServer,
  { bytewise = false, every = 1 } = {},
): void {
  for (const [index, one] of httpCases.entries()) {
    if (index % every > 0) continue
    if (bytewise && one.send.length > 4096) continue
    test(`${one.app}: ${one.name}${bytewise ? ', byte by byte' : ''}`, async () => {
      const expected = one.answers.map(answerBytes).join('') + (one.end === 'open' ? probeAnswer(one) : '')
      expect(await exchange(find(one.app), one, bytewise)).toBe(expected)
    })
  }
}
