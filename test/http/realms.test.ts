// Bodies of another realm (node:vm, jest) work like those of this realm. Clones of a light Response work like those of a Response.
import { runInNewContext } from 'node:vm'
import { serve } from 'bsd-sockets/http'
import { expect, onTestFinished, test } from 'vitest'
import { LightResponse } from '../../lib/tested.js'

const bytes = '[104, 101, 108, 108, 111]'

test.each([
  `new Uint8Array(${bytes})`,
  `new Uint8Array(${bytes}).buffer`,
  `new DataView(new Uint8Array(${bytes}).buffer)`,
  `new Uint8Array([0, ...${bytes}, 0]).subarray(1, 6)`,
  `Uint8Array.from(${bytes}).subarray(0)`,
])('a body is %s of another realm', async made => {
  const server = serve(() => ({ body: runInNewContext(made) as Uint8Array }))
  onTestFinished(() => server.close())
  const response = await fetch(`http://127.0.0.1:${server.port}/`)
  expect(response.headers.get('content-length')).toBe('5')
  expect(await response.text()).toBe('hello')
})

test.each([
  ['text', { status: 201, headers: { 'x-a': '1' } }],
  [new Uint8Array([104, 105]), {}],
  [null, { status: 204 }],
] as const)('a light Response with %o has the same clones as a Response', async (body, init) => {
  const make = [() => LightResponse.of(body, init)!, () => new Response(body, init)]
  const seen = await Promise.all(
    make.map(async one => {
      const response = one()
      const copy = response.clone()
      response.headers.set('x-b', 'not in the first clone')
      const { status, ok, statusText, bodyUsed, type } = copy
      const again = response.clone() // a second clone tees the body again
      const texts = [await copy.text(), await again.text()]
      return { status, ok, statusText, bodyUsed, type, headers: [...copy.headers], more: [...again.headers], texts }
    }),
  )
  expect(seen[0]).toEqual(seen[1])
})

test('a light Response whose body was read cannot be cloned', async () => {
  const light = LightResponse.of('text', {})!
  await LightResponse.real(light).text()
  expect(() => light.clone()).toThrow(TypeError)
})
