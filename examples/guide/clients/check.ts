import assert from 'node:assert/strict'
import type { Check } from '../running.js'
import { exactly } from '../running.js'

export const checks: Check = {
  async program(start) {
    const ways = (await start('ways').finished()).trimEnd().split(' ')
    assert.ok(ways.length > 1)
    for (const way of ways) {
      const server = start(way)
      const silent = await server.connected()
      const talking = [await server.connected(), await server.connected()]
      for (const text of ['one', 'two', 'three']) {
        for (const client of talking) await client.sendall(text)
        for (const client of talking) assert.equal(await exactly(client, text.length), text, way)
      }
      for (const client of [silent, ...talking]) client.close()
    }
  },

  async exercise(start) {
    const server = start()
    const clients = [await server.connected(), await server.connected(), await server.connected()]
    for (const client of clients) assert.equal(await exactly(client, 8), 'welcome\n', 'what a new client gets')
    for (const [i, speaker] of clients.entries()) {
      await speaker.sendall(`this is ${i}\n`)
      for (const other of clients.filter(client => client !== speaker))
        assert.equal(await exactly(other, 10), `this is ${i}\n`, 'what the others get')
    }
    clients[0]!.close()
    await clients[1]!.sendall('who is left?')
    assert.equal(await exactly(clients[2]!, 12), 'who is left?', 'what the third gets after the first has gone')
  },
}
