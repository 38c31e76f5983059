// Memory to receive into begins at a cache line, and not at the first bytes of a page. JavaScript cannot see the address of
// memory, so the test calls the addon's function, as the package does.
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
  ])('%s is rejected', (size, code) => {
    expect(() => roomFor(size as number)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('size') }),
    )
  })
})

test('the messages of a batch, whose slots are zeroed', () => {
  const { data } = new MessageBatch(16, 2048)
  expectPlaced(data)
  expect(data.equals(Buffer.alloc(16 * 2048))).toBe(true)
})

test('the buffer that handlers of the reactor borrow', async () => {
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
