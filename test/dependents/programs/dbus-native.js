// dbus-native on a session bus, over our stream that carries descriptors: it has no such transport of its own, and takes one by
// its option `stream`.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AF_UNIX } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'
import dbus from 'dbus-native'
import { started } from './bus.js'
import { check, patience } from './check.js'

const folder = mkdtempSync(join(tmpdir(), 'dbus-native-'))
const address = process.env.DBUS_SESSION_BUS_ADDRESS ?? (await started(`unix:path=${join(folder, 'bus')}`))
const [, path] = /^unix:path=([^,]+)/.exec(address)

/** A client of dbus-native, whose connection is ready. */
async function client() {
  const socket = new Socket(AF_UNIX)
  await socket.connect(path)
  const bus = dbus.createClient({ stream: toDuplex(socket, { fds: true }), timeout: patience })
  await bus.getId()
  return bus
}

const call = (fds, number) => ({
  path: '/files',
  interface: 'org.example.Files',
  member: 'Take',
  destination: 'org.example.Files',
  signature: 'uh',
  body: [number, 0],
  fds,
})

const [service, caller] = [await client(), await client()]
await service.requestName('org.example.Files', 0)

/** Answers each call with the descriptor that came with it, and another number. */
service.connection.on('message', message => {
  if (message.member !== 'Take') return
  const [number, index] = message.body
  service.connection.message({
    type: dbus.messageType.methodReturn,
    serial: service.serial++,
    replySerial: message.serial,
    destination: message.sender,
    signature: 'uh',
    body: [number + 1000, 0],
    fds: [message.fds[index]],
  })
  message.fds[index].close() // the stream has duplicated it
})

/** Sends a call with a descriptor. Resolves with the message of the answer. */
function answered(fd, number) {
  const message = { type: dbus.messageType.methodCall, serial: caller.serial++, ...call([fd], number) }
  const { serial } = message
  return new Promise((done, failed) => {
    setTimeout(failed, patience, new Error(`call ${number} has no answer`)).unref()
    const listener = answer => {
      if (answer.replySerial !== serial) return
      caller.connection.off('message', listener)
      if (answer.type === dbus.messageType.methodReturn) done(answer)
      else failed(new Error(`${answer.errorName}: ${answer.body}`))
    }
    caller.connection.on('message', listener)
    caller.connection.message(message)
  })
}

async function echoed(number) {
  const [kept, passed] = Socket.pair()
  try {
    const pending = answered(passed, number)
    passed.close()
    const { body, fds } = await pending
    assert.deepEqual(body, [number + 1000, 0])
    assert.equal(fds.length, 1)
    const taken = Socket.fromFd(fds[0].detach())
    await taken.sendall(`through the bus: ${number}`)
    assert.equal(String(await kept.recv(64, { timeout: patience })), `through the bus: ${number}`)
    taken.close()
  } finally {
    kept.close()
  }
}

await check('the bus and the stream agree on descriptors', () => {
  assert.equal(caller.connection.canPassFds, true)
  assert.equal(caller.connection.unixFdsAgreed, true)
})
await check('a method takes and returns a descriptor', () => echoed(0))
await check('fifty descriptors after each other', async () => {
  for (let i = 1; i <= 50; i++) await echoed(i)
})
await check('fifty descriptors at once', () => Promise.all(Array.from({ length: 50 }, (_, i) => echoed(100 + i))))
for (const each of [caller, service]) each.connection.end()
rmSync(folder, { recursive: true })
process.exit()
