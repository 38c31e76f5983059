// hot-shots over a Unix datagram socket, by its public API: what a receiver gets of each kind of metric, and what a
// program is told of when the receiver is full, goes and comes back.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AF_UNIX, SOCK_DGRAM } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { StatsD } from 'hot-shots'
import { check, patience } from './check.js'

const { ECONNREFUSED, ENOENT, ENOTCONN } = constants.errno
const folder = mkdtempSync(join(tmpdir(), 'hot-shots-'))
const path = join(folder, 'statsd')

/** A receiver at the path, in place of one that has ended. */
function receiver() {
  rmSync(path, { force: true })
  const socket = new Socket(AF_UNIX, SOCK_DGRAM)
  socket.bind(path)
  return socket
}

const received = async socket => String(await socket.recv(65536, { timeout: patience }))

/** Without a buffer each metric is a message of its own. */
const client = options => new StatsD({ protocol: 'uds', path, maxBufferSize: 0, ...options })

const closed = statsd => new Promise((done, failed) => statsd.close(error => (error ? failed(error) : done())))

/** Sends by a method with a callback. Resolves with the callback's error, undefined if there is none. */
const sent = (statsd, method, ...args) =>
  new Promise(done => statsd[method](...args, error => done(error ?? undefined)))

/** Runs `use` with a receiver and a client, and closes both. */
async function withBoth(options, use) {
  const server = receiver()
  const statsd = client(options)
  try {
    await use(server, statsd)
  } finally {
    await closed(statsd).catch(() => undefined)
    server.close()
  }
}

await check('counters', () =>
  withBoth({ prefix: 'app.', globalTags: { env: 'test' } }, async (server, statsd) => {
    statsd.increment('hits')
    statsd.decrement('hits', 2)
    statsd.increment(['a', 'b'], 3, ['k:v'])
    assert.equal(await received(server), 'app.hits:1|c|#env:test')
    assert.equal(await received(server), 'app.hits:-2|c|#env:test')
    assert.equal(await received(server), 'app.a:3|c|#env:test,k:v')
    assert.equal(await received(server), 'app.b:3|c|#env:test,k:v')
  }),
)

await check('gauges, timers, histograms, distributions and sets', () =>
  withBoth({}, async (server, statsd) => {
    const metrics = { gauge: 'g', timing: 'ms', histogram: 'h', distribution: 'd', set: 's' }
    for (const [method, type] of Object.entries(metrics)) {
      statsd[method]('value', 42)
      assert.equal(await received(server), `value:42|${type}`)
    }
    assert.equal(statsd.timer(() => 'result', 'took')(), 'result')
    assert.match(await received(server), /^took:[\d.]+\|ms$/)
    assert.equal(await statsd.asyncTimer(async () => 'later', 'took')(), 'later')
    assert.match(await received(server), /^took:[\d.]+\|ms$/)
  }),
)

await check('events and service checks', () =>
  withBoth({}, async (server, statsd) => {
    statsd.event('title', 'a text', { alert_type: 'warning' }, ['k:v'])
    assert.equal(await received(server), '_e{5,6}:title|a text|t:warning|#k:v')
    statsd.check('service', statsd.CHECKS.CRITICAL, { hostname: 'host' })
    assert.equal(await received(server), '_sc|service|2|h:host')
  }),
)

await check('the callback of a metric that was sent', () =>
  withBoth({}, async (server, statsd) => {
    assert.equal(await sent(statsd, 'increment', 'hits'), undefined)
    assert.equal(await received(server), 'hits:1|c')
  }),
)

await check('a child client uses the same socket', () =>
  withBoth({}, async (server, statsd) => {
    statsd.childClient({ prefix: 'child.', globalTags: ['of:child'] }).gauge('value', 1)
    assert.equal(await received(server), 'child.value:1|g|#of:child')
  }),
)

await check('metrics are buffered up to 8 KiB and flushed by time', () =>
  withBoth({ maxBufferSize: undefined, bufferFlushInterval: 50 }, async (server, statsd) => {
    assert.equal(statsd.maxBufferSize, 8192)
    for (let i = 0; i < 3; i++) statsd.gauge('value', i)
    assert.equal(await received(server), 'value:0|g\nvalue:1|g\nvalue:2|g')
    const long = 'x'.repeat(5000)
    statsd.gauge(long, 1)
    statsd.gauge(long, 2)
    assert.equal(await received(server), `${long}:1|g`)
    assert.equal(await received(server), `${long}:2|g`)
  }),
)

await check('a full receiver: metrics are sent again until there is room', () =>
  withBoth({ udsRetryOptions: { retries: 20, retryDelayMs: 10, maxRetryDelayMs: 50 } }, async (server, statsd) => {
    const count = 200
    const all = Array.from({ length: count }, (_, i) => sent(statsd, 'gauge', 'value', i))
    const values = new Set()
    while (values.size < count) {
      values.add(await received(server))
      if (values.size % 20 === 0) await sleep(1)
    }
    assert.deepEqual(new Set(await Promise.all(all)), new Set([undefined]))
  }),
)

await check('a receiver that stays full: congestion, after all tries', () =>
  withBoth({ udsRetryOptions: { retries: 1, retryDelayMs: 1 } }, async (_, statsd) => {
    const errors = await Promise.all(Array.from({ length: 400 }, () => sent(statsd, 'increment', 'hits')))
    const failed = errors.filter(error => error !== undefined)
    assert.ok(failed.length > 0, 'all were sent')
    for (const { message, code } of failed) {
      assert.match(message, /congestion/)
      assert.equal(code, 1)
    }
  }),
)

await check('no receiver at the path: the errorHandler gets ENOENT', async () => {
  rmSync(path, { force: true })
  const errors = []
  const statsd = client({ errorHandler: error => errors.push(error) })
  assert.deepEqual(
    errors.map(({ code, syscall }) => [code, syscall]),
    [[-ENOENT, 'connect']],
  )
  await closed(statsd)
})

await check('a receiver that went: the codes are numbers', () =>
  withBoth({ udsGracefulErrorHandling: false }, async (server, statsd) => {
    server.close()
    const codes = []
    for (let i = 0; i < 2; i++) codes.push((await sent(statsd, 'increment', 'hits')).code)
    assert.deepEqual(codes, [-ECONNREFUSED, -ENOTCONN])
  }),
)

await check('a receiver that went: the errorHandler without a callback', async () => {
  const errors = []
  await withBoth({ errorHandler: error => errors.push(error.code) }, async (server, statsd) => {
    server.close()
    statsd.increment('hits')
    while (errors.length === 0) await sleep(1)
    assert.equal(errors[0], -ECONNREFUSED)
  })
})

await check('a receiver that comes back gets the metrics again', async () => {
  const errors = []
  let again
  await withBoth(
    { udsGracefulRestartRateLimit: 1, errorHandler: error => errors.push(error.code) },
    async (server, statsd) => {
      statsd.increment('before')
      assert.equal(await received(server), 'before:1|c')
      server.close()
      await sleep(5)
      statsd.increment('lost')
      while (errors.length === 0) await sleep(1)
      again = receiver()
      await sleep(5)
      statsd.increment('lost, but noticed')
      while (errors.length < 2) await sleep(1)
      statsd.increment('after')
      assert.equal(await received(again), 'after:1|c')
      assert.ok(errors.includes(-ECONNREFUSED))
    },
  )
  again.close()
})

await check('telemetry', () =>
  withBoth({ includeDatadogTelemetry: true, telemetryFlushInterval: 50 }, async (server, statsd) => {
    statsd.increment('hits')
    statsd.gauge('value', 1)
    assert.equal(await received(server), 'hits:1|c')
    assert.equal(await received(server), 'value:1|g')
    const lines = (await received(server)).split('\n')
    const client = 'datadog.dogstatsd.client'
    assert.ok(lines.every(line => line.startsWith(`${client}.`) && line.includes('client_transport:uds')))
    const values = lines.map(line => line.slice(0, line.indexOf('|')))
    for (const value of ['metrics:2', 'packets_sent:2', 'bytes_sent:17'])
      assert.ok(values.includes(`${client}.${value}`), `${value} is not in ${values.join(' ')}`)
  }),
)

await check('close sends what is buffered, and calls back', async () => {
  const server = receiver()
  const statsd = client({ maxBufferSize: 1000, bufferFlushInterval: 60_000 })
  statsd.increment('last')
  await closed(statsd)
  assert.equal(await received(server), 'last:1|c')
  server.close()
})

rmSync(folder, { recursive: true })
const leaves = setTimeout(() => {
  console.log('failed nothing keeps the process: it does not end')
  process.exit(0)
}, patience)
leaves.unref()
process.once('beforeExit', () => console.log('ok nothing keeps the process'))
