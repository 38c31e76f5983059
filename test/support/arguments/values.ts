// Invalid values, and some valid ones that look invalid.

function detached<T extends ArrayBufferView>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
  return view
}

// ES2024: Node has these, the compiler's library lacks them.
interface Resizable extends ArrayBuffer {
  resize(length: number): void
}
const ResizableBuffer = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => Resizable

function shrunk(): Uint8Array {
  const buffer = new ResizableBuffer(64, { maxByteLength: 128 })
  const view = new Uint8Array(buffer, 32, 16)
  buffer.resize(8)
  return view
}

// Lengths that do not fit into C's int and unsigned int, as far as this machine has the memory.
function huge(length: number): Uint8Array[] {
  try {
    return [new Uint8Array(length)]
  } catch {
    return []
  }
}

const view = new Uint8Array(8)

/** Views of detached buffers. */
export const detachedViews: ReadonlySet<unknown> = new Set([
  detached(new Uint8Array(8)),
  detached(new DataView(new ArrayBuffer(8))),
  detached(new Float64Array(8)),
])

const numbers = [
  ...[NaN, Infinity, -Infinity, 1.5, -1.5, 1e300, -1e300, Number.MIN_VALUE, -1, -2, 2 ** 31 - 1, 2 ** 31],
  ...[-(2 ** 31), -(2 ** 31) - 1, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 53 - 1, 2 ** 53, -(2 ** 53)],
]

const texts = ['', 'x', '1', 'a\0b', 'x'.repeat(2000), '\ud800', '999.999.999.999', 'é'.repeat(600)]

const views = [
  ...[0, 1, 3, 4, 8, 12, 16, 64, 1000].map(length => new Uint8Array(length)),
  Buffer.alloc(256).subarray(1, 129),
  new Uint8Array(new SharedArrayBuffer(32)),
  new BigInt64Array(2),
  new Float64Array(3),
  new Uint16Array(new ArrayBuffer(32), 2, 5),
  new DataView(new ArrayBuffer(33), 1),
  shrunk(),
  ...huge(2 ** 31),
  ...huge(2 ** 32),
  ...detachedViews,
]

const objects = [
  ...[{}, { length: 1, 0: view }, Object.create(null), Object.create(Uint8Array.prototype), new Map(), new Date(0)],
  ...[/x/, new Error('x'), Object(5), Object('x'), { valueOf: () => 5 }, { [Symbol.toPrimitive]: () => 5 }],
  ...[new ArrayBuffer(8), new SharedArrayBuffer(8), Promise.resolve(5), () => 5, Uint8Array, Math.max],
  ...[new Proxy({}, {}), new Proxy(view, {}), new Proxy([view], {}), new Proxy(() => 5, {})],
]

const lists = [
  ...[[], [1], [view], [view, null], ['x'], [[view]], new Array(3), new Array(1025).fill(view), [...detachedViews]],
  new Array(1024).fill(view),
]

const messages = [
  ...[{ iov: undefined }, { iov: 'x' }, { iov: [1] }, { iov: [view], name: 5 }, { iov: [view], name: 'x' }],
  ...[{ iov: [view], control: [] }, { iov: [view], control: {} }, { iov: [...detachedViews] }],
  ...[{ iov: [view], name: [...detachedViews][0] }, { iov: [], name: new Uint8Array(0) }, { iov: [view, view] }],
]

export const values: readonly unknown[] = [
  ...[undefined, null, true, false, Symbol('s'), Symbol.iterator, 5n, -1n, 2n ** 64n],
  ...[...numbers, ...texts, ...views, ...objects, ...lists, ...messages],
]
