// The values that calls are made with, as texts. Each is drawn by the numbers of a generator.
import { kinds } from './world.js'

/** A generator of Lehmer's, begun anew for each call, so that each call can be made again alone. */
export function generator(seed, count) {
  let state = ((seed * 1_000_003 + count * 7919) % 2_147_483_646) + 1
  const random = below => (state = (state * 48_271) % 2_147_483_647) % below
  for (let turn = 0; turn < 8; turn++) random(2)
  return random
}

const numbers = [
  ...['NaN', 'Infinity', '-Infinity', '1.5', '-1.5', '1e300', '-1e300', 'Number.MIN_VALUE', '-0', '-1', '-2', '0', '1'],
  ...['2', '3', '4', '16', '255', '2 ** 31 - 1', '2 ** 31', '-(2 ** 31)', '-(2 ** 31) - 1', '65_535', '65_536'],
  ...['2 ** 32 - 1', '2 ** 32', '2 ** 32 + 5', '2 ** 53 - 1', '2 ** 53', '-(2 ** 53)', '5n', '-1n', '2n ** 64n'],
]
const texts = ["''", "'x'", "'1'", "'a\\0b'", "'x'.repeat(2000)", "'\\ud800'", "'999.999.999.999'", "'é'.repeat(600)"]
const objects = [
  ...['undefined', 'null', 'true', 'false', "Symbol('s')", 'Symbol.iterator', '{}', '[]', '[1]', "['x']", '[[]]'],
  ...['{ length: 1, 0: views[0] }', '{ length: 2 ** 32 }', 'new Array(3)', 'Object.create(null)', 'new Date(0)', '/x/'],
  ...['Object.create(Uint8Array.prototype)', 'Object.create(C.Socket.prototype)', 'new Map()', "new Error('x')"],
  ...['Object(5)', "Object('x')", 'new ArrayBuffer(8)', 'new SharedArrayBuffer(8)', 'Promise.resolve(5)', '() => 5'],
  ...['Uint8Array', 'Math.max', 'new Proxy({}, {})', 'new Proxy(views[0], {})', 'new Proxy([views[0]], {})', 'cycle'],
  ...['{ constructor: 5 }', "{ constructor: { name: Symbol('s') } }", 'class { static name = Symbol() }', 'globalThis'],
  ...['new Array(1025).fill(views[0])', 'new Array(1024).fill(views[0])', '[views[0], null]', '[detach(views[0])]'],
  ...['{ iov: undefined }', '{ iov: [1] }', '{ iov: [views[0]], name: 5 }', '{ iov: [views[0]], control: [] }'],
  ...[
    '{ iov: [detach(views[0])] }',
    '{ iov: [views[0], views[0]] }',
    'inRealm("new Uint8Array(8)")',
    'Object.freeze([])',
  ],
  ...['inRealm("new ArrayBuffer(8)")', `inRealm('({ address: "::1", port: 1 })')`, 'inRealm("[new Uint8Array(4)]")'],
  ...['new (class extends Uint8Array {})(8)', 'new (class extends Array {})(4)', 'new Proxy(() => 5, {})', 'sockets'],
]

const keys = [
  ...[
    'address',
    'port',
    'family',
    'path',
    'host',
    'abstract',
    'level',
    'type',
    'data',
    'fds',
    'length',
    '0',
    '1',
    'iov',
  ],
  ...[
    'name',
    'control',
    'timeout',
    'signal',
    'batch',
    'messageSize',
    'highWaterMark',
    'size',
    'nameSize',
    'controlSize',
  ],
  ...['backlog', 'limits', 'handler', 'error', 'constructor', 'then', 'byteLength', 'buffer', 'flags', 'maxPacketSize'],
]

/** The makers of texts, over one generator. */
export function makers(random) {
  const oneOf = list => list[random(list.length)]
  const pick = (...choices) => oneOf(choices)()
  const socket = () => `sockets[${random(6)}]`
  const other = () => `others[${random(3)}]`
  const any = () => (random(2) ? socket() : other())
  const number = () => oneOf(numbers)
  const text = () => oneOf(texts)
  const view = () =>
    pick(
      () => `views[${random(3)}]`,
      () => `view('${oneOf(Object.keys(kinds))}', ${random(3) ? random(65) : random(2000)})`,
      () => `view('${oneOf(Object.keys(kinds))}', ${random(65)})`,
      () => `detach(view('${oneOf(Object.keys(kinds))}', 8))`,
      () => `shrink(view('${oneOf(['resizable', 'tracking'])}', ${8 + random(65)}), ${random(160)})`,
      () => `grow(view('${oneOf(['growable', 'tracking', 'trackingShared'])}', ${random(65)}))`,
    )
  const step = () =>
    oneOf([
      'throw purpose',
      `${any()}.close()`,
      `${any()}.close()`,
      `detach(views[0])`,
      `shrink(views[${1 + random(2)}])`,
      `grow(views[${1 + random(2)}])`,
      '',
    ])
  const simple = () =>
    pick(
      number,
      text,
      () => oneOf(objects),
      view,
      any,
      () => `views[${random(3)}]`,
      () => "'127.0.0.1'",
      () => '1',
    )
  const getter = () => `() => { ${step()}; return ${simple()} }`
  const some = () => Array.from({ length: 1 + random(4) }, () => `'${oneOf(keys)}'`).join(', ')
  const hostile = () =>
    pick(
      () => `getters([${keys.map(key => `'${key}'`).join(', ')}], ${getter()})`,
      () => `getters([${some()}], ${getter()})`,
      () => `listOf([views[0], views[1]], ${random(2)}, ${getter()})`,
      () => `primitive(${getter()})`,
      () =>
        `proxy(${oneOf(['{}', '[]', 'views[0]', 'sockets[0]', 'others[0]', "['127.0.0.1', 9]"])}, () => { ${step()} })`,
    )
  const object = () =>
    `{ ${Array.from({ length: 1 + random(3) }, () => `${JSON.stringify(oneOf(keys))}: ${simple()}`).join(', ')} }`
  const value = () => pick(simple, simple, simple, view, hostile, object)

  const address = () =>
    pick(
      () => "['127.0.0.1', 9]",
      () => `['127.0.0.1', ${number()}]`,
      () => `['::1', ${random(3)}]`,
      () => '{ address: "127.0.0.1", port: 0 }',
      () => `{ family: 'unix', path: ${simple()} }`,
      () => `{ family: 'raw', af: ${number()}, data: ${view()} }`,
      () =>
        `{ family: ${oneOf(["'IPv4'", "'IPv6'", '4', "'can'", "'packet'", "'netlink'"])}, ifindex: ${number()}, address: ${simple()}, port: ${number()} }`,
      () => 'sockets[5].getsockname()',
      () => `'\\0fuzz-${random(1000)}'`,
    )
  const wait = () =>
    pick(
      () => '{}',
      () => `{ timeout: ${oneOf(['0', '1', '2', number()])} }`,
      () => `{ signal: ${oneOf(['aborted', 'AbortSignal.timeout(1)', simple()])} }`,
      () => `{ timeout: ${value()}, signal: ${value()} }`,
      hostile,
    )
  const small = () => `${oneOf([0, 1, 2, 4, 8, 16, 100, 4096, 70_000])}`
  const flags = () =>
    oneOf(['0', 'C.MSG_DONTWAIT', 'C.MSG_PEEK', 'C.MSG_PEEK | C.MSG_DONTWAIT', 'C.MSG_TRUNC', 'C.MSG_OOB', number()])
  const descriptor = () =>
    pick(
      any,
      any,
      () => `foreign.${oneOf(['file', 'pipe', 'epoll', 'memfd', 'none'])}()`,
      () => `${any()}.fd`,
      () => `foreign.${oneOf(['file', 'pipe', 'none'])}().fd`,
    )
  const control = () =>
    pick(
      () => '[]',
      () => `[{ level: C.SOL_SOCKET, type: ${random(4)}, data: ${view()} }]`,
      () => `[{ fds: [${descriptor()}] }]`,
      () => `[{ ${oneOf(['ttl', 'tos', 'txTime', 'segmentSize', 'packetInfo', 'credentials', 'fds'])}: ${simple()} }]`,
      () => `[${value()}]`,
    )
  const callback = () =>
    oneOf(['() => undefined', '() => { throw purpose }', `() => { ${step()} }`, 'async () => undefined'])
  const data = () =>
    pick(
      view,
      view,
      () => "'hello'",
      text,
      () => 'Buffer.alloc(100_000)',
    )
  /** A fitting value, by the name of a parameter. */
  const byName = {
    address,
    name: () => pick(address, text, small),
    host: () => oneOf(["'127.0.0.1'", "'::1'", "'localhost'", "''"]),
    port: () => oneOf(['0', '9', number()]),
    size: small,
    count: small,
    length: small,
    n: small,
    limit: small,
    start: () => oneOf(['0', '1', number()]),
    offset: () => oneOf(['0', '1', '4', number()]),
    controlSize: small,
    maxFds: () => `${random(5)}`,
    backlog: () => `${random(5)}`,
    flags,
    how: () => `${random(4)}`,
    view,
    views: () => `[${[view(), view()].slice(random(2)).join(', ')}]`,
    data,
    bytes: data,
    message: data,
    chunk: data,
    buffers: () => `[${data()}, ${data()}]`,
    control,
    options: wait,
    wait,
    fds: () => `[${descriptor()}]`,
    from: any,
    to: any,
    socket: any,
    descriptor,
    file: descriptor,
    fileobj: descriptor,
    batch: () => oneOf(['batch()', 'batch(3, 64)', 'batch(1, 0)']),
    level: () => oneOf(['C.SOL_SOCKET', 'C.IPPROTO_IP', 'C.IPPROTO_IPV6', 'C.IPPROTO_TCP', number()]),
    timeout: () => oneOf(['0', '1', '2', 'null', number()]),
    events: () => `${random(8)}`,
    handlers: () => `{ data: ${callback()}, ${oneOf(keys)}: ${simple()} }`,
    handler: callback,
    listener: callback,
    callback,
    receive: callback,
    send: callback,
    fd: () => `${any()}.fd`,
    inheritable: () => oneOf(['true', 'false', simple()]),
    family: () => oneOf(['C.AF_INET', 'C.AF_INET6', 'C.AF_UNIX', number()]),
    type: () => oneOf(['C.SOCK_STREAM', 'C.SOCK_DGRAM', number()]),
    protocol: () => oneOf(['0', number()]),
    interrupter: () => `${socket()}.interrupter()`,
    hostname: () => oneOf(["'127.0.0.1'", "'::1'", "'localhost'"]),
    request: () => 'sockets[0]',
    clientAddress: address,
    error: () => 'purpose',
    duplex: () => 'duplex(false)',
    messageLength: small,
  }
  // A number could be that of a descriptor which is not the call's.
  const ofDescriptors = new Set(['fd', 'from', 'to', 'socket', 'descriptor', 'file', 'fileobj', 'out', 'input'])
  const argument = name => {
    const fits = name !== undefined && Object.hasOwn(byName, name)
    const given = fits && random(10) < 6 ? byName[name]() : value()
    return ofDescriptors.has(name) && /^\d/.test(given) ? descriptor() : given
  }
  // As many as it has, now and then more or fewer; any number if its parameters are not known.
  const args = names => {
    const known = names.length > 0 && random(8) > 0
    const length = known ? names.length + (random(8) === 0 ? random(3) : 0) : random(5)
    return Array.from({ length }, (_, i) => argument(names[i]))
  }
  return {
    random,
    oneOf,
    pick,
    value,
    view,
    number,
    text,
    simple,
    small,
    address,
    descriptor,
    any,
    socket,
    other,
    wait,
    callback,
    hostile,
    args,
    argument,
    byName,
  }
}
