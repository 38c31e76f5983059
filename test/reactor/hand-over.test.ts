// A connection whose protocol changes: other handlers take it, with the bytes that belong to them.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { connect as connectNet } from 'node:net'
import { listen } from 'bsd-sockets/reactor'
import type { Connection, Handlers } from 'bsd-sockets/reactor'
import { expect, onTestFinished, test } from 'vitest'

/** A server whose first bytes name the handlers that get the rest of them; the log of those; and a client. */
async function named(handlers: Record<string, Handlers>, more: Handlers = {}) {
  const errors: unknown[] = []
  const server = listen({
    ...more,
    data: (connection, bytes) => {
      const at = bytes.indexOf('\n')
      connection.handOver(handlers[bytes.toString('latin1', 0, at)]!, bytes.subarray(at + 1))
    },
    error: error => errors.push(error),
  })
  onTestFinished(() => server.close())
  const { port } = server.address as { port: number }
  const client = connectNet({ port, host: '127.0.0.1' })
  onTestFinished(() => void client.destroy())
  await once(client, 'connect')
  return { client, errors, server }
}

test('from then on its handlers are called, and no others', async () => {
  const log: string[] = []
  const second: Handlers = {
    open: connection => {
      log.push(`open ${String(connection.context)}`)
      connection.context = 2
    },
    data: (connection, bytes) => {
      log.push(`${bytes.toString()} ${String(connection.context)}`)
      connection.write(bytes)
    },
    close: (_, error) => log.push(`close ${String(error)}`),
  }
  const { client, errors } = await named(
    { second },
    {
      open: connection => (connection.context = 1),
      end: () => log.push('the end of the first'),
      close: () => log.push('the first is closed'),
    },
  )
  client.write('second\nrest')
  await once(client, 'data')
  client.write('more')
  await once(client, 'data')
  client.end()
  await once(client, 'close')
  expect(log).toEqual(['open undefined', 'rest 2', 'more 2', 'close undefined'])
  expect(errors).toEqual([])
})

test('one that pauses gets the bytes when it resumes, before those that come', async () => {
  let text = ''
  let resume!: () => void
  const second: Handlers = {
    open: connection => {
      connection.pause()
      resume = () => connection.resume()
    },
    data: (connection, bytes) => {
      text += bytes.toString()
      if (text.length === 8) connection.end()
    },
  }
  const { client } = await named({ second })
  client.write('second\nrest')
  while ((resume as unknown) === undefined) await new Promise(setImmediate)
  client.write('more')
  await new Promise(setImmediate)
  expect(text).toBe('')
  resume()
  client.resume()
  await once(client, 'end')
  expect(text).toBe('restmore')
})

test('may end the connection, or throw, in each of its handlers', async () => {
  const log: string[] = []
  const thrown = new Error('thrown')
  const throws = (): never => {
    throw thrown
  }
  const late: Handlers = {
    error: error => log.push(`error ${String(error === thrown)}`),
    close: () => log.push('close'),
  }
  for (const second of [
    { ...late, open: (connection: Connection) => connection.destroy(), data: () => log.push('data') },
    { ...late, open: throws, data: () => log.push('data') },
    { ...late, data: throws },
  ]) {
    const { client, errors } = await named({ second })
    client.write('second\nrest')
    client.on('error', () => undefined)
    await once(client, 'close')
    expect(errors).toEqual([])
  }
  expect(log).toEqual(['close', 'error true', 'close', 'error true', 'close'])
})

test('run in the context of who gave them', async () => {
  const storage = new AsyncLocalStorage<string>()
  const { server, client } = await named({})
  const [connection] = server as Iterable<Connection> as [Connection]
  const seen = new Promise(resolve =>
    storage.run('their own', () => connection.handOver({ data: () => resolve(storage.getStore()) })),
  )
  client.write('x')
  expect(await seen).toBe('their own')
})

test('what are no handlers is an error; a connection that is closed has none', async () => {
  const { server, client } = await named({})
  const [connection] = server as Iterable<Connection> as [Connection]
  expect(() => connection.handOver(5 as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(() => connection.handOver({ dta: () => undefined } as never)).toThrow(/did you mean 'data'/)
  connection.destroy()
  let opened = false
  connection.handOver({ open: () => void (opened = true) })
  expect(opened).toBe(false)
  client.destroy()
})
