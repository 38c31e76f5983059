import assert from 'node:assert/strict'
import { ConnectionError, options, setOption, SHUT_WR } from 'bsd-sockets'
import { createServer } from 'bsd-sockets/promises'
import type { Socket } from 'bsd-sockets/promises'
import type { Check } from '../running.js'
import { receives, rest, soon } from '../running.js'

/** Closes a socket by a reset. */
function reset(socket: Socket): void {
  setOption(socket, options.linger, { on: true, seconds: 0 })
  socket.close()
}

export const checks: Check = {
  async program(start) {
    assert.deepEqual((await start().finished()).trimEnd().split('\n'), [
      '"GET /products/" 200',
      'HTTP/1.1 200 OK',
      'chunks: 6',
    ])
  },

  async exercise(start) {
    const listener = await createServer(['127.0.0.1', 0])
    const proxy = start(String(listener.getsockname().port))
    const through = async (): Promise<[client: Socket, server: Socket]> => {
      const client = await proxy.connected()
      const [server] = await listener.accept(soon)
      await client.sendall('question')
      await receives(server, 'question', 'what the server receives')
      await server.sendall('answer')
      await receives(client, 'answer', 'what the client receives')
      return [client, server]
    }
    try {
      const silent = await through()
      for (const order of [0, 1]) {
        const pair = await through()
        const [first, second] = order === 0 ? pair : [pair[1], pair[0]]
        first.shutdown(SHUT_WR)
        assert.equal(await rest(second), '', 'the end of one direction')
        await second.sendall('more')
        await receives(first, 'more', 'bytes of the other direction, after that end')
        second.shutdown(SHUT_WR)
        assert.equal(await rest(first), '', 'the end of the other direction')
        for (const socket of pair) socket.close()
        const [left, right] = await through()
        const [one, other] = order === 0 ? [left, right] : [right, left]
        reset(one)
        await assert.rejects(rest(other), ConnectionError, 'a reset arrives as a reset, not as an end')
        other.close()
      }
      for (const socket of silent) socket.close()
    } finally {
      listener.close()
    }
    // The reset may come while the client still connects.
    const refused = proxy.connected().then(rest)
    await assert.rejects(refused, ConnectionError, 'a server that refuses is a reset for the client')
  },
}
