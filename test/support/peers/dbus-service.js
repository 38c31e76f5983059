// The example dbus-service on a bus of its own, called by Python, dbus-send and sockets of this package.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Connection, message, Writer } from './dbus.js'
import { withExample } from './example.js'
import { connected, find, withFolder, withServer } from './server.js'

export const program = () => find('dbus-daemon')

const execute = promisify(execFile)
const [METHOD_RETURN, ERROR] = [2, 3]
const service = { path: '/org/example/Reverser', destination: 'org.example.Reverser' }
const reverse = { ...service, interface: 'org.example.Reverser', member: 'Reverse', signature: 'h' }

/** Fifty calls that are sent at once, each with a descriptor, and those that no method answers. */
async function calls(path, folder) {
  const client = await Connection.open(path)
  await client.greet()
  let serial = 1
  const send = (header, body, fds) => client.send(message(++serial, header, body), fds)
  const index = number => new Writer().uint32(number).bytes
  const open = readdirSync('/proc/self/fd').length
  for (let i = 0; i < 50; i++) {
    const name = join(folder, `file-${i}`)
    writeFileSync(name, `the content of file ${i}`)
    const file = openSync(name, 'r')
    send({ ...reverse, fds: 1 }, index(0), [file])
    closeSync(file)
  }
  for (let i = 0; i < 50; i++) {
    const { body, fds } = await client.next(METHOD_RETURN, 1)
    assert.equal(body.readUInt32LE(0), 0)
    assert.equal(readFileSync(fds[0].fd, 'latin1'), [...`the content of file ${i}`].reverse().join(''))
    fds[0].close()
  }
  assert.equal(readdirSync('/proc/self/fd').length, open)

  const refused = async (header, body, fds) => {
    send(header, body, fds)
    const { body: text } = await client.next(ERROR)
    return text.toString('latin1', 4, 4 + text.readUInt32LE(0))
  }
  assert.equal(await refused({ ...service, member: 'Reverse' }), "Reverse takes 'h', not ''")
  assert.equal(await refused(reverse, index(0)), 'there is no such descriptor')
  const directory = openSync(folder, 'r')
  assert.equal(await refused({ ...reverse, fds: 1 }, index(1), [directory]), 'there is no such descriptor')
  assert.equal(await refused({ ...reverse, fds: 1 }, index(0), [directory]), 'the descriptor is not that of a file')
  closeSync(directory)
  assert.match(
    await refused({ ...service, interface: 'org.example.Reverser', member: 'None' }),
    /^there is no method None/,
  )
  assert.match(await refused({ ...service, path: '/', member: 'Ping' }), /^there is no object \//)
  send({ ...service, member: 'Ping' }) // without an interface
  assert.equal((await client.next(METHOD_RETURN)).body.length, 0)
  client.close()
}

const python = `
import dbus, os, tempfile
bus = dbus.bus.BusConnection(os.environ['DBUS_SESSION_BUS_ADDRESS'])
service = dbus.Interface(bus.get_object('org.example.Reverser', '/org/example/Reverser'), 'org.example.Reverser')
with tempfile.TemporaryFile() as file:
    file.write(b'from Python')
    file.flush()
    with os.fdopen(service.Reverse(dbus.types.UnixFd(file)).take(), 'rb') as reversed:
        print(reversed.read().decode())
try:
    service.Nothing()
except dbus.DBusException as error:
    print(error.get_dbus_name())
`

/** What other implementations get: dbus-send comes with the bus. */
async function others(address) {
  const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: address }
  const send = async (...args) =>
    (await execute('dbus-send', ['--session', '--print-reply', '--dest=org.example.Reverser', ...args], { env })).stdout
  const introspect = 'org.freedesktop.DBus.Introspectable.Introspect'
  assert.match(await send('/org/example/Reverser', introspect), /<interface name="org.example.Reverser">/)
  await assert.rejects(
    send('/org/example/Reverser', 'org.example.Reverser.None'),
    /DBus.Error.UnknownMethod: there is no/,
  )
  try {
    await execute('/usr/bin/python3', ['-c', 'import dbus'])
  } catch {
    assert.notEqual(process.env.BSD_SOCKETS_REQUIRE_TOOLS, '1', 'python3-dbus is not installed')
    console.log('not called from Python: python3-dbus is not installed')
    return
  }
  const { stdout } = await execute('/usr/bin/python3', ['-c', python], { env })
  assert.equal(stdout, 'nohtyP morf\norg.freedesktop.DBus.Error.UnknownMethod\n')
}

export const run = command =>
  withFolder(async folder => {
    for (const address of [`unix:path=${folder}/socket`, `unix:abstract=${folder}/abstract`]) {
      const path = address.startsWith('unix:path') ? `${folder}/socket` : `\0${folder}/abstract`
      const ready = async () => (await connected(path)).close()
      const bus = [command, '--session', '--nofork', '--nopidfile', `--address=${address}`]
      const env = { DBUS_SESSION_BUS_ADDRESS: address }
      await withServer(bus, ready, async server => {
        await withExample('dbus-service', { env }, async example => {
          await example.printed(`org.example.Reverser on ${address}\n`)
          const open = () => readdirSync(`/proc/${example.child.pid}/fd`).length
          await calls(path, folder)
          const before = open()
          await calls(path, folder)
          await others(address)
          while (open() > before) await sleep(10) // the last reply comes before its descriptors are closed
          await withExample('dbus-service', { env }, async second => {
            assert.equal(await second.ended, 1)
            assert.equal(second.stderr, 'dbus-service: another process has the name org.example.Reverser\n')
          })
          example.child.kill('SIGINT')
          assert.equal(await example.ended, 0)
          assert.equal(example.stderr, '')
        })
        await withExample('dbus-service', { env }, async example => {
          await example.printed('org.example.Reverser')
          server.kill('SIGKILL')
          assert.equal(await example.ended, 1)
          assert.equal(example.stderr, 'dbus-service: the bus has closed the connection\n')
        })
      })
    }
  })
