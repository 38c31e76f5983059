// The examples that speak the protocols of a desktop, with a compositor and a bus that break these. test/all/desktop.js runs
// them against real ones.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decode, encode, lengthOf, METHOD_CALL } from '../../examples/dbus/message.js'
import { Child } from '../support/child.js'
import { root } from '../support/root.js'

/** A server that answers each piece that it receives, and ends with an empty answer. The environment in which a program finds it. */
async function fake(answer: (received: string) => Uint8Array | string): Promise<NodeJS.ProcessEnv> {
  const folder = mkdtempSync(join(tmpdir(), 'desktop-'))
  const server = createServer(connection =>
    connection
      .on('error', () => undefined)
      .on('data', data => {
        const bytes = answer(data.toString('latin1'))
        if (bytes.length > 0) connection.write(bytes)
        else connection.end()
      }),
  )
  server.listen(join(folder, 'fake'))
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const bus = `tcp:host=localhost;unix:path=${folder}/none;unix:path=${folder}/fake`
  return { XDG_RUNTIME_DIR: folder, WAYLAND_DISPLAY: 'fake', DBUS_SESSION_BUS_ADDRESS: bus }
}

/** What an example says when it fails. */
async function failure(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = new Child(process.execPath, [join(root, `build/programs/examples/${name}.js`)], env)
  expect(await child.ended).toEqual({ code: 1, signal: null })
  return child.stderr
}

describe('wayland', () => {
  const error = [...[1, 0, 0, 0], ...[0, 0, 28, 0], ...[1, 0, 0, 0], ...[3, 0, 0, 0], ...[6, 0, 0, 0]]

  test.each([
    [
      'an error',
      [...error, ...Buffer.from('wrong\0\0\0')],
      'the compositor has found an error in wl_display 1: wrong (3)',
    ],
    ['a message without its head', [1, 0, 0, 0, 0, 0, 7, 0], 'the compositor has sent a message of 7 bytes'],
    [
      'an error without its text',
      [1, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0, 3, 0, 0, 0],
      'The value of "offset" is out of range',
    ],
    ['no globals', [3, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0], 'the compositor has no wl_compositor'],
    ['nothing', [], 'the compositor has closed the connection'],
  ])('says so if the compositor sends %s', async (_, bytes, text) => {
    expect(await failure('wayland', await fake(() => Uint8Array.from(bytes)))).toContain(`wayland: ${text}`)
  })

  test('says where it has looked for the compositor', async () => {
    expect(await failure('wayland', { XDG_RUNTIME_DIR: '/none', WAYLAND_DISPLAY: 'wayland-7' })).toMatch(
      /^wayland: connect ENOENT \/none\/wayland-7/,
    )
  })
})

describe('dbus-service', () => {
  const call = encode(METHOD_CALL, 1, { path: '/', member: 'Ping', sender: ':1.0' }, [])
  const changed = (at: number, byte: number): Buffer => {
    const bytes = Buffer.from(call)
    bytes[at] = byte
    return bytes
  }

  test.each([
    ['no byte order', changed(0, 0x78), 'the byte order 120'],
    ['a message that is too long', changed(7, 0x80), `a message of ${2 ** 31 + call.length} bytes`],
    ['a string that is longer than its message', changed(20, 255), 'a message that ends within a value'],
    ['no descriptors', encode(METHOD_CALL, 1, { path: '/', member: 'Ping', fdCount: 2 }, []), '0 of 2 descriptors'],
  ])('says so if the bus sends %s', async (_, bytes, text) => {
    const env = await fake(received => {
      if (received.includes('AUTH')) return 'OK 00\r\n'
      return received.includes('NEGOTIATE') ? 'AGREE_UNIX_FD\r\n' : bytes
    })
    expect(await failure('dbus-service', env)).toBe(`dbus-service: the bus has sent ${text}\n`)
  })

  test('says so if the bus does not pass descriptors, has gone, or has no address', async () => {
    const env = await fake(received => (received.includes('AUTH') ? 'OK 00\r\n' : 'ERROR\r\n'))
    expect(await failure('dbus-service', env)).toBe('dbus-service: the bus has sent ERROR\n')
    expect(await failure('dbus-service', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/none' })).toMatch(
      /connect ENOENT \/none/,
    )
    expect(await failure('dbus-service', { DBUS_SESSION_BUS_ADDRESS: 'tcp:host=a' })).toMatch(
      /no Unix socket in .*tcp:host=a/,
    )
  })

  test('reads a message, or says that the bus is wrong, whatever a byte is changed to', () => {
    let read = 0
    for (let at = 0; at < call.length; at++)
      for (let byte = 0; byte < 256; byte++) {
        try {
          decode(changed(at, byte))
          read++
        } catch (error) {
          expect((error as Error).message).toMatch(/^the bus has sent /)
        }
      }
    expect(read).toBeGreaterThan(256)
    const end = 16 + call.readUInt32LE(12) // what follows is padding
    for (let length = 0; length < end; length++)
      expect(() => decode(call.subarray(0, length))).toThrow(/^the bus has sent /)
  })

  test('reads a message of a big-endian machine, with a field of a later version: 99, a{sv}', () => {
    const path = [...[1, 1, 0x6f, 0], ...[0, 0, 0, 1], ...[0x2f, 0], ...[0, 0, 0, 0, 0, 0]]
    const entry = [...[0, 0, 0, 1], ...[0x6b, 0], ...[1, 0x78, 0], ...Buffer.alloc(7), ...Buffer.alloc(8, 1)]
    const later = [99, 5, ...Buffer.from('a{sv}\0'), ...[0, 0, 0, entry.length], ...[0, 0, 0, 0], ...entry]
    const lengths = [...[0, 0, 0, 4], ...[0, 0, 0, 7], ...[0, 0, 0, path.length + later.length]]
    const bytes = Buffer.from([0x42, METHOD_CALL, 0, 1, ...lengths, ...path, ...later, ...[1, 2, 3, 4]])
    expect(lengthOf(bytes)).toBe(bytes.length)
    const { body, ...head } = decode(bytes)
    expect(head).toEqual({ path: '/', type: METHOD_CALL, flags: 0, serial: 7 })
    expect(body.read('u')).toEqual([0x01020304])
  })
})
