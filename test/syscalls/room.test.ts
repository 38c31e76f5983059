// Memory to receive into begins with a cache line, and off a page's first bytes. It is not seen from outside where memory
// lies: the addon's own function is asked, as the package asks it.
import { MessageBatch, roomFor } from 'bsd-sockets'
import { listen } from 'bsd-sockets/reactor'
import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { native } from '../../src/syscalls/native.js'

function expectPlaced(memory: Buffer): void {
  const offset = native.environment.offsetInPage(memory)
  expect(offset % 64).toBe(0)
  expect(offset).toBeGreaterThanOrEqual(128)
}

describe('roomFor', () => {
  test.each([0, 1, 63, 64, 100, 4000, 4096, 16_384, 131_072, 262_144, 1_000_001])('%i bytes', size => {
    for (let i = 0; i < 50; i++) {
      const room = roomFor(size)
      expect(room).toHaveLength(size)
      if (size > 0) expectPlaced(room)
      expect(room.buffer.byteLength).toBe(size + 192)
    }
  })

  test.each([
    [-1, 'ERR_OUT_OF_RANGE'],
    [1.5, 'ERR_OUT_OF_RANGE'],
    [2 ** 31, 'ERR_OUT_OF_RANGE'],
    ['64', 'ERR_INVALID_ARG_TYPE'],
    [undefined, 'ERR_INVALID_ARG_TYPE'],
  ])('%s is refused', (size, code) => {
    expect(() => roomFor(size as number)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('size') }),
    )
  })
})

test("a batch's messages, whose slots are zeroed", () => {
  const { data } = new MessageBatch(16, 2048)
  expectPlaced(data)
  expect(data.equals(Buffer.alloc(16 * 2048))).toBe(true)
})

test('what is lent to the handlers of the reactor', async () => {
  const placed: Buffer[] = []
  const server = listen({
    host: '127.0.0.1',
    port: 0,
    data(connection, bytes) {
      expectPlaced(bytes)
      placed.push(bytes)
      connection.write('.')
    },
  })
  const client = connect((server.address as { port: number }).port, '127.0.0.1')
  for (const size of [1, 100_000]) {
    client.write(Buffer.alloc(size))
    await once(client, 'data')
  }
  client.destroy()
  await server.stop()
  expect(placed.length).toBeGreaterThanOrEqual(2)
})
