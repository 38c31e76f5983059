// A window on a Wayland compositor, without any library: a Unix socket, messages of 32-bit words, and the descriptor of the
// memory that holds the picture. The protocol: https://wayland.freedesktop.org/docs/html/
import { ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BrokenPipeError } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'
import { height, paint, pixels, width } from './wayland/picture.js'

const { values: given } = parseArgs({
  options: {
    frames: { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (given.help) {
  console.log('usage: wayland [--frames NUMBER]\n\nDraws so many frames; default: until the window is closed.')
  process.exit()
}

// The part of the protocol that this program uses. A request has its opcode here; that of an event is its place in the list.
// The letters are the arguments of an event that has a handler below: u a number, o the id of an object, s a string.
const protocol = {
  wl_display: { requests: { sync: 0, get_registry: 1 }, events: { error: 'ous', delete_id: 'u' } },
  wl_registry: { requests: { bind: 0 }, events: { global: 'usu' } },
  wl_callback: { requests: {}, events: { done: 'u' } },
  wl_compositor: { requests: { create_surface: 0 }, events: {} },
  wl_shm: { requests: { create_pool: 0 }, events: {} },
  wl_shm_pool: { requests: { create_buffer: 0 }, events: {} },
  wl_buffer: { requests: {}, events: { release: '' } },
  wl_surface: { requests: { attach: 1, damage: 2, frame: 3, commit: 6 }, events: {} },
  xdg_wm_base: { requests: { get_xdg_surface: 2, pong: 3 }, events: { ping: 'u' } },
  xdg_surface: { requests: { get_toplevel: 1, ack_configure: 4 }, events: { configure: 'u' } },
  xdg_toplevel: {
    requests: { set_title: 2, set_max_size: 7, set_min_size: 8 },
    events: { configure: '', close: '' },
  },
} as const

type Protocol = typeof protocol
type Interface = keyof Protocol
type Arguments<Letters> = Letters extends `${infer Letter}${infer Rest}`
  ? [Letter extends 's' ? string : number, ...Arguments<Rest>]
  : []
type Handlers<I extends Interface> = {
  [Event in keyof Protocol[I]['events']]?: (...values: Arguments<Protocol[I]['events'][Event]>) => void
}

/** An object that this program and the compositor share. Both name it by its id. */
interface Shared<I extends Interface = Interface> {
  id: number
  type: I
  handlers: Handlers<I>
}

// --- The wire ---

const path = resolve(process.env.XDG_RUNTIME_DIR ?? '.', process.env.WAYLAND_DISPLAY ?? 'wayland-0')
const socket = await createConnection({ family: 'unix', path }).catch(fail)
const objects = new Map<number, Shared>()
const freeIds: number[] = []
let requests: Buffer[] = [] // to be sent, with these descriptors
let descriptors: { fd: number }[] = []

function fail(error: Error): never {
  console.error(`wayland: ${error.message}`)
  process.exit(1)
}

function create<I extends Interface>(type: I, handlers: Handlers<I> = {}): Shared<I> {
  const object = { id: freeIds.pop() ?? objects.size + 1, type, handlers }
  objects.set(object.id, object)
  return object
}

/** A word: a number or an object's id. A string: its length with a final NUL, its bytes, and zeros up to a whole word. */
function encoded(value: number | string | Shared): Buffer {
  if (typeof value === 'string') {
    const length = Buffer.byteLength(value) + 1
    return Buffer.concat([encoded(length), Buffer.from(value)], 4 + Math.ceil(length / 4) * 4)
  }
  const word = Buffer.alloc(4)
  word.writeUInt32LE(typeof value === 'number' ? value : value.id) // the machine's byte order
  return word
}

/** Queues a request. A descriptor is not among its bytes: it travels beside them. unix(7), SCM_RIGHTS */
function request<I extends Interface>(
  { id, type }: Shared<I>,
  name: keyof Protocol[I]['requests'],
  ...values: (number | string | Shared | { fd: number })[]
): void {
  const opcodes: Partial<Record<PropertyKey, number>> = protocol[type].requests
  const body: Buffer[] = []
  for (const value of values) {
    if (typeof value === 'object' && 'fd' in value) descriptors.push(value)
    else body.push(encoded(value))
  }
  const size = body.reduce((sum, { length }) => sum + length, 8)
  requests.push(encoded(id), encoded(size * 65536 + opcodes[name]!), ...body)
}

/** Sends what is queued, by one system call. */
async function flush(): Promise<void> {
  const [bytes, fds] = [Buffer.concat(requests), descriptors]
  requests = []
  descriptors = []
  try {
    if (bytes.length > 0) await socket.sendallFds(bytes, fds)
  } catch (error) {
    if (!(error instanceof BrokenPipeError)) throw error // else `receive` reads the last words of the compositor
  }
}

/** Receives events, and sends after each piece of them what their handlers have queued, until the socket is closed. */
async function receive(): Promise<void> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of socket.chunks()) {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= 8 && !socket.closed) {
      const size = bytes.readUInt16LE(6)
      if (size < 8) throw new Error(`the compositor has sent a message of ${size} bytes`)
      if (bytes.length < size) break
      dispatch(bytes.subarray(0, size))
      bytes = bytes.subarray(size)
    }
    await flush()
  }
  if (!socket.closed) throw new Error('the compositor has closed the connection')
}

function dispatch(message: Buffer): void {
  const object = objects.get(message.readUInt32LE(0))
  if (object === undefined) return
  const [name, letters] = Object.entries(protocol[object.type].events)[message.readUInt16LE(4)] ?? ['', '']
  const handler = (object.handlers as Record<string, ((...values: unknown[]) => void) | undefined>)[name]
  let at = 8
  const value = (letter: string): number | string => {
    const word = message.readUInt32LE(at)
    at += 4
    if (letter !== 's') return word
    const begin = at
    at += Math.ceil(word / 4) * 4
    return message.toString('utf8', begin, begin + word - 1)
  }
  handler?.(...Array.from(handler === undefined ? '' : letters, value))
}

// --- The window ---

const globals = new Map<string, number>()
const display = create('wl_display', {
  error(id, code, message) {
    throw new Error(`the compositor has found an error in ${objects.get(id)?.type} ${id}: ${message} (${code})`)
  },
  delete_id(id) {
    objects.delete(id)
    freeIds.push(id)
  },
})

function bind<I extends Interface>(type: I, handlers: Handlers<I> = {}): Shared<I> {
  const name = globals.get(type) ?? fail(new Error(`the compositor has no ${type}`))
  const object = create(type, handlers)
  request(registry, 'bind', name, type, 1, object)
  return object
}

/** Memory that two processes share: a file that has no name any more. */
function sharedMemory(size: number): { fd: number } {
  const name = `${path}-${process.pid}`
  const fd = openSync(name, 'wx+', 0o600)
  unlinkSync(name)
  ftruncateSync(fd, size)
  return { fd }
}

void receive().catch(fail)
const registry = create('wl_registry', { global: (name, type) => void globals.set(type, name) })
request(display, 'get_registry', registry)
await new Promise(done => {
  request(display, 'sync', create('wl_callback', { done })) // it is answered after all globals
  void flush().catch(fail)
})
const compositor = bind('wl_compositor')
const shm = bind('wl_shm')
const base = bind('xdg_wm_base', { ping: serial => request(base, 'pong', serial) })

// Two buffers: one is drawn while the compositor shows the other.
const memory = sharedMemory(2 * pixels.byteLength)
const pool = create('wl_shm_pool')
request(shm, 'create_pool', pool, memory, 2 * pixels.byteLength)
const released = [0, pixels.byteLength].map(offset => {
  const buffer = create('wl_buffer', {
    release() {
      released.push({ buffer, offset })
      if (due) draw()
    },
  })
  request(pool, 'create_buffer', buffer, offset, width, height, width * 4, 1) // 1: XRGB8888
  return { buffer, offset }
})

const surface = create('wl_surface')
request(compositor, 'create_surface', surface)
let due = false // whether the compositor wants a frame
let drawn = 0
const window = create('xdg_surface', {
  configure(serial) {
    request(window, 'ack_configure', serial)
    if (drawn === 0) draw()
  },
})
request(base, 'get_xdg_surface', window, surface)
const toplevel = create('xdg_toplevel', { close: () => socket.close() })
request(window, 'get_toplevel', toplevel)
request(toplevel, 'set_title', 'bsd-sockets')
request(toplevel, 'set_min_size', width, height)
request(toplevel, 'set_max_size', width, height)
request(surface, 'commit') // `configure` is the answer
await flush()

/** Draws the next frame, and asks to be notified when the one after that is due. */
function draw(): void {
  const free = released.pop()
  due = free === undefined
  if (free === undefined) return // until a buffer is released
  paint(drawn++)
  writeSync(memory.fd, pixels, 0, pixels.byteLength, free.offset)
  request(surface, 'attach', free.buffer, 0, 0)
  request(surface, 'damage', 0, 0, width, height)
  request(surface, 'frame', create('wl_callback', { done: shown }))
  request(surface, 'commit')
}

function shown(): void {
  if (drawn === 1) console.log(`${width} × ${height} pixels on ${path}`)
  if (drawn < Number(given.frames)) return draw()
  console.log(`${drawn} frames`)
  socket.close()
}
