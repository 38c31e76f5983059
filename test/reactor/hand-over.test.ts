// Connection.handOver gives a connection to other handlers, with the bytes that follow.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { connect as connectNet } from 'node:net'
import { connect, listen } from 'bsd-sockets/reactor'
import type { Connection, Handlers } from 'bsd-sockets/reactor'
import { expect, onTestFinished, test } from 'vitest'

/** A server that hands a connection over to the handlers that its first line names; its errors; and a client. */
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

test('only the new handlers are called', async () => {
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
      end: () => log.push('end of the first handlers'),
      close: () => log.push('close of the first handlers'),
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

test('a connection that is paused in open gets the bytes after resume, before later ones', async () => {
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

test('the new handlers may end the connection or throw', async () => {
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

/** The first connection of the server, which may not be accepted yet. */
async function onlyOf(server: Iterable<Connection>): Promise<Connection> {
  for (;;) {
    for (const connection of server) return connection
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

test('the new handlers run in the async context of handOver', async () => {
  const storage = new AsyncLocalStorage<string>()
  const { server, client } = await named({})
  const connection = await onlyOf(server)
  const seen = new Promise(resolve =>
    storage.run('of handOver', () => connection.handOver({ data: () => resolve(storage.getStore()) })),
  )
  client.write('x')
  expect(await seen).toBe('of handOver')
})

test('wrong handlers are an error; handlers for a closed connection are not called', async () => {
  const { server, client } = await named({})
  const connection = await onlyOf(server)
  const wrongType = expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }) as Error
  expect(() => connection.handOver(5 as never)).toThrow(wrongType)
  for (const received of [5, 'bytes', null, new Uint8Array(1), new Proxy(Buffer.from('bytes'), {})])
    expect(() => connection.handOver({}, received as never)).toThrow(wrongType)
  expect(() => connection.handOver({ dta: () => undefined } as never)).toThrow(/did you mean 'data'/)
  connection.destroy()
  let opened = false
  connection.handOver({ open: () => void (opened = true) })
  expect(opened).toBe(false)
  client.destroy()
})

test('the bytes for a connection that is paused are copied: those of data are valid during its call only', async () => {
  let handed!: Connection
  let text = ''
  const server = listen({
    data(connection, bytes) {
      handed = connection
      connection.handOver(
        {
          open: () => connection.pause(),
          data: (_, rest) => (text += rest.toString()),
        },
        bytes,
      )
      bytes.fill('x') // as the next receive would
    },
  })
  onTestFinished(() => server.close())
  const client = connect({ port: (server.address as { port: number }).port })
  onTestFinished(() => client.destroy())
  client.write('rest')
  while ((handed as unknown) === undefined) await new Promise(setImmediate)
  handed.resume()
  while (text === '') await new Promise(setImmediate)
  expect(text).toBe('rest')
})
