// The examples of net-ping, each in a process of its own, and what a program is told of a session by its API. It needs raw sockets,
// and loopback alone.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import ping from 'net-ping'
import { check, patience } from './check.js'

const examples = join(dirname(createRequire(import.meta.url).resolve('net-ping')), 'example')

/** What an example prints. */
function output(name, ...args) {
  const options = { encoding: 'utf8', timeout: patience }
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [join(examples, `${name}.js`), ...args],
    options,
  )
  assert.equal(stderr, '')
  assert.equal(status ?? signal, 0)
  return stdout
}

const alive = target => new RegExp(`^${target}: Alive\\b.*\\n$`)
const traced = /^127\.0\.0\.1: 127\.0\.0\.1 \(ttl=\d+ ms=\d+\)\n127\.0\.0\.1: Done\n$/

for (const [name, expected, ...args] of [
  ['ping', alive('127.0.0.1'), '127.0.0.1'],
  ['ping-ttl', alive('127.0.0.1'), '1', '127.0.0.1'],
  ['ping-packet-size', alive('127.0.0.1'), '127.0.0.1'],
  ['ping-response-time', alive('127.0.0.1'), '127.0.0.1'],
  ['ping-retries-0', alive('127.0.0.1'), '127.0.0.1', '2000'],
  ['ping6', alive('::1'), '::1'],
  ['ping6-ttl', alive('::1'), '1', '::1'],
  ['trace-route', traced, '3', '127.0.0.1'],
  ['trace-route-start-ttl', traced, '1', '3', '127.0.0.1'],
  ['trace-route-max-hop-timeouts', traced, '3', '3', '127.0.0.1'],
])
  await check(`example ${name}`, () => assert.match(output(name, ...args), expected))

await check('example ping: many targets', () => {
  const targets = Array.from({ length: 50 }, (_, i) => `127.0.0.${i + 1}`)
  const lines = output('ping', ...targets)
    .trim()
    .split('\n')
  assert.deepEqual(lines.sort(), targets.map(target => `${target}: Alive`).sort())
})

await check('example ping: no route', () =>
  assert.equal(output('ping', '192.0.2.1'), '192.0.2.1: Error: Network is unreachable\n'),
)

await check('example ping: no address', () =>
  assert.equal(output('ping', 'localhost'), "localhost: Error: Invalid IP address 'localhost'\n"),
)

const pinged = (session, target) => new Promise(done => session.pingHost(target, (...result) => done(result)))

await check('a session can be used again after a pause', async () => {
  const session = ping.createSession({ timeout: patience })
  for (let i = 0; i < 3; i++) {
    const [error, target, sent, received] = await pinged(session, '127.0.0.1')
    assert.equal(error, null)
    assert.equal(target, '127.0.0.1')
    assert.ok(received >= sent)
  }
  session.close()
})

await check('close is an event, and ends what is under way', async () => {
  const session = ping.createSession({ timeout: patience })
  const closed = once(session, 'close')
  const under = pinged(session, '127.0.0.1')
  session.close()
  const [error] = await under
  assert.match(error.message, /closed/)
  await closed
})
