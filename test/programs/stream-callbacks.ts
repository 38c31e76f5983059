// Does something (throws, destroys, closes…) in each callback of a stream or a datagram socket, and prints the outcomes as
// JSON: `node stream-callbacks.js MAKER`. All rows run at the same time; the exception of a row has its own `told` list.
import dgram from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import { AF_INET, options, setOption, SHUT_WR, SOCK_DGRAM, SOCK_STREAM, Socket } from 'bsd-sockets'
import type { IPv4Address } from 'bsd-sockets'
import { toDgram, toDuplex, toNet, toWeb } from 'bsd-sockets/streams'
import type { SocketDuplex } from 'bsd-sockets/streams'
import { codeOf, quiet, shown } from '../support/states.js'

interface Outcome {
  /** The events and callbacks in order; `acted` is the action itself. */
  told: string[]
  /** The state of the object at the end. */
  after: unknown
  /** What the peer received. */
  heard: unknown
}

class OnPurpose extends Error {
  readonly told: string[]
  constructor(told: string[]) {
    super('on purpose')
    this.told = told
  }
}

const unexpected: string[] = []
process.on('uncaughtException', (error, origin) => {
  if (error instanceof OnPurpose) error.told.push(`${origin} on purpose`)
  else unexpected.push(`${origin} ${error.stack}`)
})

const descriptors = (): number => readdirSync('/dev/fd').length
const portOf = (socket: Socket): number => (socket.getsockname() as IPv4Address).port

function bound(type = SOCK_STREAM): Socket {
  const socket = new Socket(AF_INET, type)
  socket.settimeout(10_000)
  socket.bind(['127.0.0.1', 0])
  return socket
}

/** Runs the action at the first call only. */
function onlyOnce(told: string[], act: () => void): () => void {
  let acted = false
  return () => {
    if (acted) return
    acted = true
    told.push('acted')
    act()
  }
}

// Streams

type Stream = net.Socket

interface Scene {
  stream: Stream
  peer: Socket
}

const listener = bound()
listener.listen()

const makers: Record<string, () => Scene | Promise<Scene>> = {
  async 'net.Socket'() {
    const stream = net.connect({ port: portOf(listener), host: '127.0.0.1' })
    await once(stream, 'connect')
    return { stream, peer: listener.accept()[0] }
  },
  toNet() {
    const client = new Socket()
    client.connect(listener.getsockname())
    return { stream: toNet(client), peer: listener.accept()[0] }
  },
  toDuplex() {
    const client = new Socket()
    client.connect(listener.getsockname())
    return { stream: toDuplex(client) as unknown as Stream, peer: listener.accept()[0] }
  },
}

/** Each makes a callback run that calls `act`. */
const hooks: Record<string, (scene: Scene, act: () => void) => unknown> = {
  data: ({ stream, peer }, act) => {
    stream.on('data', act)
    peer.send('hello')
  },
  readable: ({ stream, peer }, act) => {
    stream.on('readable', () => {
      stream.read()
      act()
    })
    peer.send('hello')
  },
  end: ({ stream, peer }, act) => {
    stream.on('end', act).resume()
    peer.shutdown(SHUT_WR)
  },
  close: ({ stream }, act) => stream.on('close', act).destroy(),
  error: ({ stream, peer }, act) => {
    stream.on('error', act).resume()
    setOption(peer, options.linger, { on: true, seconds: 0 })
    peer.close()
  },
  finish: ({ stream }, act) => stream.on('finish', act).end('all'),
  drain: ({ stream }, act) => {
    stream.on('drain', act)
    stream.write(Buffer.alloc(6_000_000))
  },
  timeout: ({ stream }, act) => stream.setTimeout(3, act),
  write: ({ stream }, act) => stream.write('some', act),
  'two writes': ({ stream }, act) => {
    stream.write('some', act)
    stream.write('more')
  },
  'end callback': ({ stream }, act) => stream.end('some', act),
  'destroyed write': ({ stream }, act) => {
    stream.write(Buffer.alloc(30_000_000), act)
    stream.destroy()
  },
}

const actions: Record<string, (scene: Scene, told: string[]) => unknown> = {
  nothing: () => undefined,
  throw: (_, told) => {
    throw new OnPurpose(told)
  },
  destroy: ({ stream }) => stream.destroy(),
  'destroy with an error': ({ stream }) => stream.destroy(new Error('destroyed')),
  'destroy and throw': ({ stream }, told) => {
    stream.destroy()
    throw new OnPurpose(told)
  },
  end: ({ stream }) => stream.end(),
  'end with data': ({ stream }) => stream.end('the last'),
  write: ({ stream }) => stream.write('one more'),
  pause: ({ stream }) => stream.pause(),
  resume: ({ stream }) => stream.resume(),
  destroySoon: ({ stream }) => stream.destroySoon(),
  resetAndDestroy: ({ stream }) => stream.resetAndDestroy(),
}
const closeBeneath = ({ stream }: Scene): void => (stream as unknown as SocketDuplex).socket.close()

const events = ['connect', 'ready', 'data', 'end', 'finish', 'drain', 'timeout', 'error', 'close']

interface Heard {
  bytes: number
  end: string
}

/** Receives what has arrived at the peer, and adds it to `heard`. */
function hear(peer: Socket, heard: Heard): void {
  if (peer.closed || heard.end !== '') return
  try {
    for (let chunk; (chunk = peer.tryRecv(2 ** 20)) !== null; heard.bytes += chunk.length) {
      if (chunk.length === 0) return void (heard.end = 'end')
    }
  } catch (error) {
    heard.end = codeOf(error)
  }
}

function attempt(call: () => void): void {
  try {
    call()
  } catch {
    // The stream of this peer is closed.
  }
}

/** The peer of each row: it receives all, sends more, and ends its side. */
async function goOn(peer: Socket): Promise<Heard> {
  const steps = [() => undefined, () => peer.send('again'), () => peer.shutdown(SHUT_WR)]
  const heard = { bytes: 0, end: '' }
  for (const step of steps) {
    attempt(step)
    for (let i = 0; i < 4; i++) {
      await quiet()
      hear(peer, heard)
    }
  }
  return heard
}

async function playStream(maker: string, hook: string, action: string): Promise<Outcome> {
  const scene = await makers[maker]!()
  const { stream, peer } = scene
  const told: string[] = []
  const act = action === 'close the socket' ? closeBeneath : actions[action]!
  stream.on('error', () => undefined)
  for (const event of events) {
    if (event === 'data' && !['data', 'two writes'].includes(hook)) continue // a listener would start the flow
    stream.on(event, (...given: unknown[]) => void told.push(shown(event, given)))
  }
  hooks[hook]!(
    scene,
    onlyOnce(told, () => void act(scene, told)),
  )
  const got = await goOn(peer)
  const { destroyed, closed, readable, writable, readableEnded, writableEnded, writableFinished, errored } = stream
  const after = { destroyed, closed, readable, writable, readableEnded, writableEnded, writableFinished }
  ends.push(() => {
    stream.destroy()
    peer.close()
  })
  return { told: [...told], after: { ...after, errored: errored && codeOf(errored) }, heard: got }
}

// Web Streams

type Reader = ReadableStreamDefaultReader<Uint8Array>
interface WebScene {
  socket: Socket
  readable: ReadableStream<Uint8Array>
  writable: WritableStream<Uint8Array | string>
  reader?: Reader
  peer: Socket
}

const say =
  (told: string[], what: string) =>
  (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => told.push(`${what} done`),
      (error: unknown) => told.push(`${what} failed ${codeOf(error)}`),
    )

const webHooks: Record<string, (scene: WebScene, act: () => void, told: string[]) => unknown> = {
  async read(scene, act, told) {
    const reader = (scene.reader = scene.readable.getReader())
    scene.peer.send('hello')
    try {
      for (;;) {
        const { done, value } = await reader.read()
        told.push(done ? 'end' : `read ${Buffer.from(value).toString()}`)
        act()
        if (done) break
      }
    } catch (error) {
      if (error instanceof OnPurpose) throw error
      told.push(`read failed ${codeOf(error)}`)
    }
  },
  async 'while a read waits'(scene, act, told) {
    const reader = (scene.reader = scene.readable.getReader())
    void say(told, 'read')(reader.read())
    await quiet()
    act()
  },
  async write(scene, act, told) {
    const writer = scene.writable.getWriter()
    await say(told, 'write')(writer.write('some'))
    writer.releaseLock()
    act()
  },
  async 'while a write waits'(scene, act, told) {
    const writer = scene.writable.getWriter()
    void say(told, 'write')(writer.write(new Uint8Array(30_000_000)))
    writer.closed.catch(() => undefined)
    writer.releaseLock()
    await quiet()
    act()
  },
  'a sink that takes data': (scene, act, told) => {
    scene.peer.send('hello')
    void say(
      told,
      'pipe',
    )(
      scene.readable.pipeTo(
        new WritableStream<Uint8Array>({
          write(chunk) {
            told.push(`sunk ${chunk.length}`)
            act()
          },
        }),
      ),
    )
  },
  'a source that is asked': (scene, act, told) =>
    void say(
      told,
      'pipe',
    )(
      new ReadableStream<string>({
        pull(controller) {
          controller.enqueue('x')
          controller.close()
          act()
        },
      }).pipeTo(scene.writable),
    ),
}

const webActions: Record<string, (scene: WebScene, told: string[]) => unknown> = {
  nothing: () => undefined,
  throw: (_, told) => {
    throw new OnPurpose(told)
  },
  cancel: ({ readable, reader }, told) => void say(told, 'cancel')((reader ?? readable).cancel()),
  abort: ({ writable }, told) => void say(told, 'abort')(writable.abort(new Error('aborted'))),
  'cancel and abort': (scene, told) => {
    webActions.cancel!(scene, told)
    webActions.abort!(scene, told)
  },
  'abort and cancel': (scene, told) => {
    webActions.abort!(scene, told)
    webActions.cancel!(scene, told)
  },
  close: ({ writable }, told) => void say(told, 'close')(writable.close()),
  'close and cancel': (scene, told) => {
    webActions.close!(scene, told)
    webActions.cancel!(scene, told)
  },
  'release the lock': ({ reader }) => reader?.releaseLock(),
}

async function playWeb(hook: string, action: string): Promise<Outcome> {
  const client = new Socket()
  client.connect(listener.getsockname())
  const peer = listener.accept()[0]
  const scene: WebScene = { socket: client, ...toWeb(client), peer }
  const told: string[] = []
  const act = onlyOnce(told, () => void webActions[action]!(scene, told))
  try {
    void Promise.resolve(webHooks[hook]!(scene, act, told)).catch((error: unknown) => {
      if (!(error instanceof OnPurpose)) throw error
      told.push('rejected on purpose')
    })
  } catch (error) {
    told.push(`threw ${codeOf(error)}`)
  }
  const got = await goOn(peer)
  const { locked } = scene.readable
  ends.push(async () => {
    peer.close()
    await quiet()
    await Promise.all([
      (scene.reader ?? scene.readable).cancel().catch(() => undefined),
      scene.writable.abort().catch(() => undefined),
    ])
  })
  return { told: [...told], after: { locked, closed: scene.socket.fd < 0 }, heard: got }
}

// Datagram sockets

interface Datagrams {
  socket: dgram.Socket
  peer: Socket
}

const dgramMakers: Record<string, () => Promise<dgram.Socket>> = {
  async 'dgram.Socket'() {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return socket
  },
  toDgram: () => toDgram(bound(SOCK_DGRAM)),
}
const dgramHooks: Record<string, (scene: Datagrams, act: () => void) => unknown> = {
  message: ({ socket, peer }, act) => {
    socket.on('message', act)
    const { port } = socket.address()
    for (const text of ['one', 'two']) peer.sendto(text, { address: '127.0.0.1', port })
  },
  close: ({ socket }, act) => socket.on('close', act).close(),
  'close callback': ({ socket }, act) => socket.close(act),
  error: ({ socket }, act) => socket.on('error', act).send('x', 0, 1, 1, '256.0.0.1'),
  send: ({ socket, peer }, act) => socket.send('hello', portOf(peer), '127.0.0.1', act),
  'two sends': ({ socket, peer }, act) => {
    socket.send('hello', portOf(peer), '127.0.0.1', act)
    socket.send('again', portOf(peer), '127.0.0.1')
  },
  connect: ({ socket, peer }, act) => socket.connect(portOf(peer), '127.0.0.1', act),
  'connect event': ({ socket, peer }, act) => socket.on('connect', act).connect(portOf(peer), '127.0.0.1'),
}
const dgramActions: Record<string, (scene: Datagrams, told: string[]) => unknown> = {
  nothing: () => undefined,
  throw: (_, told) => {
    throw new OnPurpose(told)
  },
  close: ({ socket }) => socket.close(),
  'close and throw': ({ socket }, told) => {
    socket.close()
    throw new OnPurpose(told)
  },
  send: ({ socket, peer }) => socket.send('more', portOf(peer), '127.0.0.1'),
  connect: ({ socket, peer }) => socket.connect(portOf(peer), '127.0.0.1'),
  disconnect: ({ socket }) => socket.disconnect(),
}

async function playDgram(maker: string, hook: string, action: string): Promise<Outcome> {
  const socket = await dgramMakers[maker]!()
  const peer = bound(SOCK_DGRAM)
  const told: string[] = []
  socket.on('error', () => undefined)
  for (const event of ['listening', 'message', 'connect', 'error', 'close']) {
    socket.on(event, (...given: unknown[]) => void told.push(shown(event, given)))
  }
  const scene = { socket, peer }
  const act = onlyOnce(told, () => {
    try {
      dgramActions[action]!(scene, told)
    } catch (error) {
      if (error instanceof OnPurpose) throw error
      told.push(`threw ${codeOf(error)}`)
    }
  })
  dgramHooks[hook]!(scene, act)
  await quiet()
  const got: string[] = []
  for (let bytes; (bytes = peer.tryRecv(100)) !== null;) got.push(bytes.toString())
  ends.push(() => {
    attempt(() => void socket.close())
    peer.close()
  })
  return { told: [...told], after: null, heard: got }
}

// All rows

const ends: (() => unknown)[] = []
const [, , maker = 'toDuplex'] = process.argv

/** Runs all rows at the same time. */
async function table(
  hooks: object,
  actions: readonly string[],
  play: (hook: string, action: string) => Promise<Outcome>,
): Promise<Record<string, Outcome>> {
  const rows: Record<string, Outcome> = {}
  const playing = Object.keys(hooks).flatMap(hook =>
    actions.map(async action => {
      const name = `${hook}: ${action}`
      rows[name] = { told: [], after: null, heard: null }
      rows[name] = await play(hook, action)
    }),
  )
  await Promise.all(playing)
  return rows
}

function played(): Promise<Record<string, Outcome>> {
  if (maker === 'toWeb') return table(webHooks, Object.keys(webActions), playWeb)
  if (maker in dgramMakers)
    return table(dgramHooks, Object.keys(dgramActions), (hook, action) => playDgram(maker, hook, action))
  const also = maker === 'toDuplex' ? ['close the socket'] : []
  return table(hooks, [...Object.keys(actions), ...also], (hook, action) => playStream(maker, hook, action))
}

/** Closes all that was opened, and waits until it is closed. */
async function end(): Promise<void> {
  for (const one of ends.splice(0)) await one()
  for (let i = 0; i < 100 && descriptors() > before; i++) await quiet()
}

let before = descriptors()
await played() // opens what a process opens only once
await end()
before = descriptors()
const rows = await played()
// Everything is idle now: a busy loop would use the processor all the time.
const cpu = process.cpuUsage()
await new Promise(resolve => setTimeout(resolve, 300))
const { user, system } = process.cpuUsage(cpu)
await end()
const left = descriptors() - before
console.log(JSON.stringify({ rows, unexpected, busy: (user + system) / 1000, left }))
listener.close()
