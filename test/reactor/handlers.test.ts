// A handler may do anything to its own connection. Each handler is tested with each action, in a new process, which must end by
// itself.
import { describe, expect, it } from 'vitest'
import { script } from '../support/child.js'

// The actions in a handler, by name. `close` must be called once, and no handler after it.
const actions = `{
  close: (one, server) => one.destroy?.() ?? one.close?.(),
  closeTwice: one => { one.destroy?.(); one.destroy?.(); one.close?.(); one.close?.() },
  reset: one => one.reset?.() ?? one.close?.(),
  end: one => one.end?.('bye'),
  write: one => one.write?.('x'),
  writeMuch: one => one.write?.(Buffer.alloc(1 << 20)),
  pause: one => one.pause?.(),
  resume: one => { one.pause?.(); one.resume?.() },
  stop: (one, server) => void server.stop?.({ timeout: 100 }),
  stopNow: (one, server) => void server.stop?.({ timeout: 0 }),
  closeServer: (one, server) => server.close(),
  throw: () => { throw new Error('thrown') },
  closeAndThrow: one => { one.destroy?.(); one.close?.(); throw new Error('thrown') },
}`

const streams = (handler: string): string => `
  import { connect, listen } from 'bsd-sockets/reactor'
  import { options, setOption, Socket } from 'bsd-sockets'
  const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
  const soon = async condition => { for (let i = 0; i < 1000 && !condition(); i++) await sleep(2) }
  const actions = ${actions}
  const wrong = []
  for (const [name, act] of Object.entries(actions)) for (const side of ['listen', 'connect']) {
    const log = []
    let server, one
    let acted = false
    const on = event => connection => {
      log.push(event)
      one = connection
      if (event === 'open' && '${handler}' === 'drain') connection.write(Buffer.alloc(8 << 20))
      if (event === 'open' && '${handler}' === 'reset') connection.pause()
      if (event !== '${handler}' || acted) return
      acted = true
      act(connection, server)
    }
    const handlers = {
      ...Object.fromEntries(['open', 'data', 'drain', 'end', 'reset', 'close'].map(event => [event, on(event)])),
      error: (_, connection) => connection !== null && log.push('error'),
    }
    server = listen(side === 'listen' ? handlers : {})
    let peer
    if (side === 'listen') {
      peer = new Socket()
      peer.connect(server.address)
    } else {
      server.close()
      server = new Socket()
      server.bind(['127.0.0.1', 0])
      server.listen()
      connect({ port: server.getsockname().port, ...handlers })
      peer = server.accept()[0]
    }
    peer.settimeout(2000)
    await soon(() => log.length > 0)
    if (one !== undefined && one.fd >= 0) {
      peer.trySend('text')
      await sleep(5)
      if ('${handler}' === 'drain') for (let got = 0; got < 8 << 20 && one.fd >= 0;) {
        try { got += peer.tryRecv(1 << 20)?.length ?? 0 } catch { break }
        await sleep(0)
      }
      await sleep(5)
      if ('${handler}' === 'reset') {
        setOption(peer, options.linger, { on: true, seconds: 0 })
        peer.close()
      } else try { peer.shutdown(1) } catch {}
      if ('${handler}' !== 'close') await soon(() => acted)
      await sleep(5)
    }
    await sleep(5)
    one.destroy()
    await sleep(2)
    peer.close()
    server.close()
    await sleep(10)
    if (!acted || log.filter(event => event === 'close').length !== 1 || log.at(-1) !== 'close') wrong.push([name, side, ...log])
    if (one.fd !== -1 || one.write('x') !== false || one.queued !== 0 || one.remoteAddress !== undefined) wrong.push([name, side, 'after'])
    for (const method of ['end', 'destroy', 'reset', 'pause', 'resume']) one[method]()
  }
  console.log(JSON.stringify(wrong))`

const datagrams = (handler: string): string => `
  import { bind } from 'bsd-sockets/reactor'
  import { Socket, MessageBatch, AF_UNIX, SOCK_DGRAM } from 'bsd-sockets'
  import { mkdtempSync, rmSync } from 'node:fs'
  import { tmpdir } from 'node:os'
  const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
  const folder = mkdtempSync(tmpdir() + '/bsd-sockets-handlers-')
  const actions = ${actions}
  const wrong = []
  for (const [name, act] of Object.entries(actions)) for (const batch of [1, 64]) {
    const log = []
    let acted = false
    const on = event => socket => {
      log.push(event)
      if (event !== '${handler}' || acted) return
      acted = true
      act(socket, socket)
    }
    const path = folder + '/' + name + batch
    const receiver = new Socket(AF_UNIX, SOCK_DGRAM)
    receiver.bind(path + 'r')
    const socket = bind({ path, batch, messages: on('messages'), drain: on('drain'), close: on('close'), error: () => log.push('error') })
    for (let i = 0; i < 5; i++) receiver.sendto('x', path)
    while (socket.sendto('x', path + 'r')) continue
    while (receiver.tryRecv(1) !== null) continue
    for (let i = 0; i < 1000 && !acted && '${handler}' !== 'close'; i++) await sleep(5)
    await sleep(30)
    if (${JSON.stringify(handler)} === 'close' || socket.fd >= 0) { try { socket.close() } catch {} }
    receiver.close()
    await sleep(5)
    const after = log.slice(log.indexOf('close') + 1).filter(event => event !== 'error')
    if (!acted || log.filter(event => event === 'close').length !== 1 || after.length > 0) wrong.push([name, batch, ...log])
    for (const use of [() => socket.sendto('x', path), () => socket.send(new MessageBatch(1, 1), 1)]) {
      try { use(); wrong.push([name, batch, 'used']) } catch (error) { if (error.code !== 'EBADF') wrong.push([name, batch, error.code]) }
    }
  }
  rmSync(folder, { recursive: true })
  console.log(JSON.stringify(wrong))`

describe('the process ends by itself after each action in the handler', () => {
  it.each(['open', 'data', 'drain', 'end', 'reset', 'close'])('%s of a connection', async handler => {
    expect(await script(streams(handler)).finished()).toBe('[]\n')
  })

  it.each(['messages', 'drain', 'close'])('%s of datagrams', async handler => {
    expect(await script(datagrams(handler)).finished()).toBe('[]\n')
  })
})
