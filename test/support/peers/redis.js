// Redis by ioredis, over a Unix socket of ours: commands, a pipeline, big values, subscriptions.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { toDuplex } from 'bsd-sockets/streams'
import { AbstractConnector, Redis } from 'ioredis'
import { connected, find, recipe, withFolder, withServer } from './server.js'

export const program = () => find('redis-server')

export const run = command =>
  withFolder(async folder => {
    const path = join(folder, 'socket')
    class OurSocket extends AbstractConnector {
      async connect() {
        this.stream = toDuplex(await connected(path))
        return this.stream
      }
    }
    const options = { Connector: OurSocket }
    const arguments_ = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '']
    const ready = async () => (await connected(path)).close()
    await withServer([command, ...arguments_], ready, async () => {
      const [client, subscriber] = [new Redis(options), new Redis(options)]
      assert.equal(await client.set('key', 'value'), 'OK')
      assert.equal(await client.get('key'), 'value')
      const big = Buffer.alloc(4 << 20, 'every byte is to arrive. ')
      await client.set('big', big)
      assert.ok(big.equals(await client.getBuffer('big')))
      const pipeline = client.pipeline()
      for (let i = 0; i < 1000; i++) pipeline.incr('counter')
      const replies = await pipeline.exec()
      assert.deepEqual(
        replies,
        replies.map((_, i) => [null, i + 1]),
      )
      await subscriber.subscribe('channel')
      const message = once(subscriber, 'message')
      await client.publish('channel', 'hello')
      assert.deepEqual(await message, ['channel', 'hello'])
      await Promise.all([client.quit(), subscriber.quit()])
      const again = new Redis(options)
      await again.ping()
      again.stream.destroy()
      assert.equal(await again.ping(), 'PONG') // over a new connection
      await again.quit()
      assert.equal(await recipe('redis', '--path', path, 'GET', 'key'), 'value\n')
      await assert.rejects(recipe('redis', '--path', path, 'GET'), { code: 1, stderr: /wrong number of arguments/ })
    })
  })
