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

async function stream() {
  const socket = new Socket(AF_UNIX)
  await socket.connect(path)
  return toDuplex(socket, { fds: true })
}

const bus = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' }
const { methodCall, methodReturn } = dbus.messageType

/** A service below dbus-native's objects, which have no way to return a descriptor. It answers with what came, and a number. */
async function startService() {
  const connection = dbus.createConnection({ stream: await stream() })
  let serial = 1
  const ready = new Promise(done =>
    connection.on('message', message => {
      if (message.replySerial === 2) done()
      if (message.type !== methodCall) return
      const [number, index] = message.body
      connection.message({
        type: methodReturn,
        serial: serial++,
        replySerial: message.serial,
        destination: message.sender,
        signature: 'uh',
        body: [number + 1000, 0],
        fds: [message.fds[index]],
      })
      message.fds[index].close() // the stream has duplicated it
    }),
  )
  connection.message({ ...bus, type: methodCall, serial: serial++, member: 'Hello' })
  const name = { signature: 'su', body: ['org.example.Files', 0] }
  connection.message({ ...bus, type: methodCall, serial: serial++, member: 'RequestName', ...name })
  await ready
  return connection
}

const service = await startService()
const client = dbus.createClient({ stream: await stream(), timeout: patience })

/** Sends a call with a descriptor. Resolves with the message of the answer. */
function answered(fd, number) {
  const header = { destination: 'org.example.Files', path: '/files', interface: 'org.example.Files', member: 'Again' }
  return new Promise((done, failed) =>
    client.invoke({ ...header, signature: 'uh', body: [number, 0], fds: [fd] }, function (error) {
      if (error) failed(error)
      else done(this.message)
    }),
  )
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

await check('the bus and the stream agree on descriptors', async () => {
  await client.getId()
  assert.equal(client.connection.canPassFds, true)
  assert.equal(client.connection.unixFdsAgreed, true)
})
await check('a method takes and returns a descriptor', () => echoed(0))
await check('fifty descriptors after each other', async () => {
  for (let i = 1; i <= 50; i++) await echoed(i)
})
await check('fifty descriptors at once', () => Promise.all(Array.from({ length: 50 }, (_, i) => echoed(100 + i))))
for (const connection of [client.connection, service]) connection.end()
rmSync(folder, { recursive: true })
process.exit()
