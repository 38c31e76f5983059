// dbus-next on a session bus, by a path and by an abstract name: methods that take and return descriptors.
import assert from 'node:assert/strict'
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import dbus from 'dbus-next'
import { started } from './bus.js'
import { check, patience } from './check.js'

const { configureMembers } = dbus.interface.Interface
const folder = mkdtempSync(join(tmpdir(), 'dbus-next-'))
let files = 0

/** A new descriptor of a new file with this content. */
function opened(text) {
  const path = join(folder, String(files++))
  writeFileSync(path, text)
  return openSync(path, 'r')
}

/** The content of a descriptor's file, which is closed. */
function contentOf(fd) {
  const bytes = Buffer.alloc(64)
  assert.equal(typeof fd, 'number')
  assert.ok(fstatSync(fd).isFile())
  const size = readSync(fd, bytes, 0, 64, 0)
  closeSync(fd)
  return bytes.toString('utf8', 0, size)
}

class Files extends dbus.interface.Interface {
  Again(fd) {
    return opened(`again ${contentOf(fd)}`)
  }

  Tell(fd) {
    this.Told()
    return this.Again(fd)
  }

  Nothing() {}

  Told() {}
}
configureMembers.call(Files, {
  methods: {
    Again: { inSignature: 'h', outSignature: 'h' },
    Tell: { inSignature: 'h', outSignature: 'h' },
    Nothing: {},
  },
  signals: { Told: {} },
})

// What dbus-next throws in a listener ends the check.
let threw = () => undefined
process.on('uncaughtException', error => threw(error))

/** Runs `use` with a service and its client, each with its own connection. */
async function withBoth(busAddress, use) {
  const thrown = new Promise((_, reject) => (threw = reject))
  const late = new Promise((_, reject) => setTimeout(reject, patience, new Error('there was no answer')).unref())
  const open = []
  const connection = () => {
    const made = dbus.sessionBus({ busAddress, negotiateUnixFd: true })
    open.push(made)
    return new Promise((done, failed) => made.on('connect', () => done(made)).on('error', failed))
  }
  const run = async () => {
    const [service, client] = [await connection(), await connection()]
    service.export('/files', new Files('org.example.Files'))
    await service.requestName('org.example.Files', 0)
    const object = await client.getProxyObject('org.example.Files', '/files')
    return use(object.getInterface('org.example.Files'))
  }
  try {
    await Promise.race([run(), thrown, late])
  } finally {
    for (const each of open) each.disconnect()
  }
}

async function answer(method, text) {
  const given = opened(text)
  try {
    assert.equal(contentOf(await method(given)), `again ${text}`)
  } finally {
    closeSync(given)
  }
}

async function checkAll(kind, address) {
  await check(`${kind}: a method takes a descriptor and returns another one`, () =>
    withBoth(address, ({ Again }) => answer(Again, 'one')),
  )
  await check(`${kind}: fifty calls after each other`, () =>
    withBoth(address, async ({ Again }) => {
      for (let i = 0; i < 50; i++) await answer(Again, `call ${i}`)
    }),
  )
  await check(`${kind}: an answer right after a signal keeps its descriptor`, () =>
    withBoth(address, async object => {
      let told = 0
      object.on('Told', () => told++)
      await object.Nothing() // the bus knows the listener
      await answer(object.Tell, 'told')
      assert.equal(told, 1)
    }),
  )
  await check(`${kind}: fifty calls at once get each its own descriptor`, () =>
    withBoth(address, ({ Again, Nothing }) =>
      Promise.all(Array.from({ length: 50 }, (_, i) => [answer(Again, `call ${i}`), Nothing()]).flat()),
    ),
  )
}

try {
  await checkAll('a path', process.env.DBUS_SESSION_BUS_ADDRESS ?? (await started(`unix:path=${join(folder, 'bus')}`)))
  await checkAll('an abstract name', await started(`unix:abstract=dbus-next-${process.pid}`))
} finally {
  rmSync(folder, { recursive: true })
}
process.exit()
