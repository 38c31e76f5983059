// Every function and every method of every class that each floor exports, and how each is called: the list is taken from the
// exports themselves. What is not called is named in `left`, with the reason; an entry of it that leaves out nothing is an error.
import { inspect } from 'node:util'
import { floors, given } from './world.js'

/** What is not called: a pattern of names, and why. */
export const left = [
  [
    /\.(constructor|connected|connecting|isShut|last|sending|sendingFds|sendingFile|joined|refuse|receivePart|sendPart|released|abandon|portable)$/,
    'protected',
  ],
  [/(Socket\.get (connecting|isShut|last)|Server\.get full)$/, 'protected'],
  [
    /\.(begin|ready|received|peerOf|closed|opened|isOf|startClock|stopClock|threw)$/,
    '@internal: the loop or the reactor calls it, on its own objects',
    /^reactor\./,
  ],
  [/\._(read|write|writev|final|destroy)$/, "Node's streams call it"],
  [/^C\.sethostname$/, 'changes the machine'],
  [
    /^(reactor\.listenInWorkers|http\.serveInWorkers)$/,
    'starts threads with the module at any URL: test/reactor/pools.test.ts has its arguments',
  ],
  [
    /^C\.new (EpollSelector|KqueueSelector|PollSelector|SelectSelector)$/,
    'takes no argument: each call of a method makes one',
  ],
  [/^reactor\.new /, 'is exported as a type only'],
  [/^http\.new (HttpRequest|RequestBody)$/, 'is exported as a type only'],
  [/^C\.new NetlinkBytes$/, 'is exported as a type only'],
]

const isClass = value => typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))

/** The functions of a prototype, and of those that it extends up to Node's. */
function methodsOf(type) {
  const found = new Map()
  for (let at = type.prototype; isClass(at.constructor); at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(at, key)
      for (const [kind, call] of Object.entries({ '': value, 'get ': get, 'set ': set })) {
        const name = kind + String(key)
        if (typeof call === 'function' && key !== inspect.custom && !found.has(name))
          found.set(name, { key, kind, call })
      }
    }
  }
  return found
}

function staticsOf(type) {
  const found = new Map()
  for (let at = type; isClass(at); at = Object.getPrototypeOf(at))
    for (const key of Reflect.ownKeys(at))
      if (typeof key === 'string' && typeof at[key] === 'function' && !found.has(key)) found.set(key, at[key])
  return found
}

/** The names of parameters, which choose fitting values. Functions of the addon, and those that load a part, have none. */
const parameters = {
  accept: ['fd', 'view', 'length'],
  accept4: ['fd', 'view', 'length', 'flags'],
  bind: ['fd', 'view'],
  close: ['spare'],
  connect: ['fd', 'view'],
  listen: ['fd', 'backlog'],
  recv: ['fd', 'view', 'flags'],
  send: ['fd', 'view', 'flags'],
  recvfrom: ['fd', 'view', 'flags', 'view', 'words'],
  sendto: ['fd', 'view', 'flags', 'view'],
  read: ['fd', 'view'],
  write: ['fd', 'view'],
  readv: ['fd', 'views'],
  writev: ['fd', 'views'],
  shutdown: ['fd', 'how'],
  getsockopt: ['fd', 'level', 'n', 'view', 'words'],
  setsockopt: ['fd', 'level', 'n', 'view'],
  getsockname: ['fd', 'view', 'words'],
  getpeername: ['fd', 'view', 'words'],
  FD_SET: ['fd', 'view'],
  FD_CLR: ['fd', 'view'],
  FD_ISSET: ['fd', 'view'],
  FD_ZERO: ['view'],
  epoll_ctl: ['fd', 'how', 'fd', 'view'],
  recvmmsg: ['fd', 'batch', 'flags'],
  sendmmsg: ['fd', 'batch', 'flags', 'count'],
  recvmsg: ['fd', 'message', 'flags'],
  sendmsg: ['fd', 'message', 'flags'],
  decodeControl: ['view', 'length'],
  encodeControl: ['control', 'family'],
  parseNetlink: ['view', 'length'],
  meaningOf: ['control'],
  getOption: ['socket', 'option'],
  setOption: ['socket', 'option', 'optionValue'],
  setOptions: ['socket', 'optionValues'],
  peerCredentials: ['socket'],
  tcpInfo: ['socket'],
}

/** The names of the parameters in the text of a function. */
function parametersOf(call, name) {
  const text = Function.prototype.toString.call(call)
  const [, list = ''] = /^(?:async |static |get |set |\*|function\s*|[\w$#]|\[[\w.]+\]|\s)*\(([^)]*)\)/.exec(text) ?? []
  if (text.includes('[native code]') || list.startsWith('...')) return parameters[name] ?? []
  return [...list.matchAll(/(?:^|,)\s*(?:\.\.\.)?(\w+)/g)].map(([, name]) => name)
}

/** An object of each class, as a text, and of which family of them. */
const selves = {
  'C.Socket': m => m.socket(),
  'promises.Socket': m => m.other(),
  'C.OwnedFd': () => 'foreign.pipe()',
  'C.Epoll': () => 'epoll()',
  'C.MessageBatch': m => `batch(${1 + m.random(3)}, ${m.random(64)})`,
  'syscalls.MessageBatch': m => `new syscalls.MessageBatch(${1 + m.random(3)}, ${m.random(64)})`,
  'C.MySocket': m => `keep(new C.MySocket(${1 + m.random(4)}, sockets[0]))[0]`,
  'promises.MySocket': m => `keep(new promises.MySocket(${1 + m.random(4)}, others[0]))[0]`,
  'C.ZerocopySender': m => `new C.ZerocopySender(${m.socket()})`,
  'C.NetlinkBytes': () => 'netlink()',
  'streams.SocketDuplex': () => 'duplex(false)',
  'streams.FdDuplex': () => 'duplex(true)',
  'reactor.Connection': () => 'connection()',
  'reactor.Server': () => 'server()',
  'reactor.DatagramSocket': () => 'datagrams()',
  'http.FileBody': () => 'new http.FileBody(foreign.memfd())',
  'http.HttpRequest': () => 'request()',
  'http.RequestBody': () => 'requestBody()',
  'socketserver.BufferedReader': () => 'reader()',
  'socketserver.BufferedWriter': m => `writer(${m.random(20)})`,
}
function selfOf(name, type) {
  if (selves[name] !== undefined) return selves[name]
  const [floor, own] = name.split('.')
  if (/Selector$/.test(own)) return m => `selector('${own}', ${m.random(2) === 0})`
  if (/Error$/.test(own))
    return () => (own === 'GaiError' ? 'gaiError()' : `Object.assign(new ${name}(-1, 'recv'), {})`)
  if (/RequestHandler$/.test(own)) return () => `handler('${own}')`
  if (floor === 'socketserver') return () => `requestServer('${own === 'BaseServer' ? 'TCPServer' : own}')`
  throw new Error(`no object of the class ${name} (${type.name}) to call its methods on: add it to \`selves\``)
}

// Numbers that are taken over, or decide how long the thread waits, are drawn from these alone.
const waiting = m => m.oneOf(['0', '1', '-0', "'x'", 'NaN', '-1.5', '{}', '2n'])
const adopted = m =>
  m.oneOf(['spare()', 'spare()', '-1', 'NaN', '1.5', '2 ** 31', '2 ** 32 + 5', "'x'", '{}', '5n', '1_000_000'])
const hosts = m =>
  m.oneOf(["'127.0.0.1'", "'::1'", "'localhost'", "''", '5', 'null', '{}', 'sockets[0]', "'a\\0b'", "'<broadcast>'"])
const fd = m =>
  m.pick(
    () => `${m.any()}.fd`,
    () => `${m.any()}.fd`,
    () => `foreign.${m.oneOf(['file', 'pipe', 'epoll', 'memfd', 'none'])}().fd`,
    () => m.oneOf(['-1', 'NaN', "'x'", '2 ** 32', '5n', '{}', 'sockets[0]']),
  )
const place = m =>
  m.oneOf([
    "['127.0.0.1', 9]",
    "['::1', 9]",
    "['127.0.0.1', '9']",
    "'\\0fuzz-none'",
    '5',
    'null',
    '{}',
    "['127.0.0.1', 2 ** 16]",
    "{ address: '127.0.0.1', port: 9 }",
    "{ host: '127.0.0.1', port: 9 }",
  ])
const open = (m, names) =>
  `{ port: 0, error: () => undefined, ${m.random(2) ? `${m.oneOf(names)}: ${m.value()}` : ''} }`
const ofReactor = [
  'host',
  'address',
  'port',
  'backlog',
  'reusePort',
  'noDelay',
  'highWaterMark',
  'idleTimeout',
  'batch',
  'messageSize',
  'data',
  'path',
  'end',
  'close',
  'family',
  'reuseAddr',
  'allowHalfOpen',
  'limits',
  'timeouts',
  'streamBody',
  'maxConnections',
  'fd',
]
const withFd = text => text.replace(/\bfd: .*/, 'fd: spare() }')

/** The texts of calls that need their arguments chosen, by their names. */
const special = {
  'syscalls.close': m => `return syscalls.close(${adopted(m)})`,
  'syscalls.accept': m =>
    `return own(syscalls.accept(${fd(m)}, ${m.oneOf(['null', m.view()])}, ${m.oneOf(['null', 'new Uint32Array(1)', m.value()])}))`,
  'syscalls.accept4': m =>
    `return own(syscalls.accept4(${fd(m)}, ${m.oneOf(['null', m.view()])}, ${m.oneOf(['null', 'new Uint32Array([16])', m.value()])}, ${m.number()}))`,
  'syscalls.socket': m => `return own(syscalls.socket(${m.args(['family', 'type', 'protocol']).join(', ')}))`,
  'syscalls.socketpair': m =>
    `const pair = ${m.oneOf(['new Int32Array([-1, -1])', m.view()])}; const result = syscalls.socketpair(${m.oneOf(['1', m.number()])}, ${m.oneOf(['1', '2', m.number()])}, 0, pair); if (result === 0) for (const fd of new Int32Array(pair.buffer, pair.byteOffset, 2)) own(fd)`,
  'syscalls.pipe2': m =>
    `const pair = ${m.oneOf(['new Int32Array([-1, -1])', m.view()])}; const result = syscalls.pipe2(pair, ${m.oneOf(['0', m.number()])}); if (result === 0) for (const fd of new Int32Array(pair.buffer, pair.byteOffset, 2)) own(fd)`,
  'syscalls.epoll_create1': m => `return own(syscalls.epoll_create1(${m.value()}))`,
  'syscalls.memfd_create': m => `return own(syscalls.memfd_create(${m.value()}, ${m.oneOf(['0', '1', m.value()])}))`,
  'syscalls.open': m =>
    `return own(syscalls.open(${m.oneOf(["Buffer.from('/dev/null\\0')", m.view(), m.value()])}, ${m.oneOf(['0', '2', "'x'", 'NaN', '{}'])}, ${m.value()}))`,
  'syscalls.pidfd_open': m => `return own(syscalls.pidfd_open(${m.oneOf(['1', m.value()])}, ${m.value()}))`,
  'syscalls.pidfd_getfd': m => `return own(syscalls.pidfd_getfd(${fd(m)}, ${m.number()}, ${m.value()}))`,
  'syscalls.fcntl': m =>
    `return syscalls.fcntl(${fd(m)}, ${m.oneOf(['C.F_GETFD', 'C.F_GETFL', '-1', "'x'", 'NaN', '{}', '2 ** 32 + 3'])}, ${m.value()})`,
  'syscalls.ioctl': m =>
    `return syscalls.ioctl(${fd(m)}, ${m.oneOf(['0x541b', '0x5411', '-1', "'x'", 'NaN', '{}', '2 ** 64'])})`,
  'syscalls.select': m =>
    `return syscalls.select(${m.oneOf(['0', '8', m.number()])}, ${[0, 1, 2].map(() => m.oneOf(['null', 'new Uint8Array(128)', m.view()])).join(', ')}, ${m.oneOf(['new BigInt64Array(2)', "'x'", '{}', 'detach(new BigInt64Array(2))'])})`,
  'syscalls.poll': m => `return syscalls.poll(${m.oneOf([m.view(), m.value()])}, ${waiting(m)})`,
  'syscalls.epoll_wait': m =>
    `return syscalls.epoll_wait(${m.oneOf(['foreign.epoll().fd', fd(m)])}, ${m.view()}, ${waiting(m)})`,
  'syscalls.epoll_ctl': m =>
    `return syscalls.epoll_ctl(${m.oneOf(['foreign.epoll().fd', fd(m)])}, ${m.random(4)}, ${fd(m)}, ${m.view()})`,
  'syscalls.splice': m => `return syscalls.splice(${fd(m)}, null, ${fd(m)}, null, ${m.small()}, C.SPLICE_F_NONBLOCK)`,
  'syscalls.sendfile': m => `return syscalls.sendfile(${fd(m)}, foreign.memfd().fd, ${m.value()}, ${m.value()})`,
  'syscalls.recvmmsg': m =>
    `return syscalls.recvmmsg(${fd(m)}, ${m.oneOf(['new syscalls.MessageBatch(2, 16)', 'batch()', m.value()])}, ${m.oneOf(['C.MSG_DONTWAIT', "'x'", 'NaN'])}, ${m.value()})`,
  'syscalls.recvmsg': m =>
    `return syscalls.recvmsg(${fd(m)}, ${m.oneOf([`{ iov: [${m.view()}], name: ${m.view()}, control: ${m.view()} }`, m.value()])}, C.MSG_DONTWAIT)`,
  'syscalls.sendmsg': m =>
    `return syscalls.sendmsg(${fd(m)}, ${m.oneOf([`{ iov: [${m.view()}], name: ${m.view()}, control: ${m.view()} }`, m.value()])}, C.MSG_DONTWAIT)`,
  'C.select': m =>
    `return C.select(${m.oneOf(['[sockets[0]]', '[foreign.file()]', m.value()])}, ${m.oneOf(['[]', '[sockets[1]]', m.value()])}, ${m.oneOf(['[]', m.value()])}, ${waiting(m)})`,
  'C.poll': m =>
    `return C.poll(${m.oneOf(['[[sockets[0], 1]]', `[[${m.descriptor()}, ${m.number()}]]`, m.value()])}, ${waiting(m)})`,
  'C.splice': m =>
    `return C.splice(${m.descriptor()}, ${m.descriptor()}, ${m.value()}, ${m.oneOf(['C.SPLICE_F_NONBLOCK', "'x'", '-1'])}, ${waiting(m)})`,
  'C.setdefaulttimeout': m => `try { return C.setdefaulttimeout(${m.value()}) } finally { C.setdefaulttimeout(null) }`,
  'C.createConnection': m =>
    `return C.createConnection(${place(m)}, ${m.oneOf(['{ timeout: 10 }', `{ timeout: 10, ${m.oneOf(['source', 'allErrors', 'family'])}: ${m.value()} }`])})`,
  'promises.createConnection': m =>
    `return promises.createConnection(${place(m)}, ${m.oneOf(['{ timeout: 10 }', `{ timeout: 10, ${m.oneOf(['source', 'allErrors', 'family', 'signal'])}: ${m.value()} }`])})`,
  'C.createServer': m =>
    `return C.createServer(${m.oneOf(["['127.0.0.1', 0]", "['', 0]", '5', 'null', '{}'])}, ${m.value()})`,
  'promises.createServer': m =>
    `return promises.createServer(${m.oneOf(["['127.0.0.1', 0]", "['', 0]", '5', 'null', '{}'])}, ${m.value()})`,
  'C.new OwnedFd': m => `return new C.OwnedFd(${adopted(m)})`,
  'C.new Socket': m => `return new C.Socket(${m.args(['family', 'type', 'protocol']).slice(0, 3).join(', ')})`,
  'promises.new Socket': m =>
    `return new promises.Socket(${m.args(['family', 'type', 'protocol']).slice(0, 3).join(', ')})`,
  'C.Socket.fromFd': m => `return C.Socket.fromFd(${adopted(m)})`,
  'promises.Socket.fromFd': m => `return promises.Socket.fromFd(${adopted(m)})`,
  'C.Socket.borrow': m => `return own(C.Socket.borrow(${adopted(m)})?.detach?.())`,
  'reactor.attach': m =>
    `return reactor.attach(${m.oneOf(['spare()', 'sockets[2]', '-1', 'NaN', '{}', 'sockets[0]', '{ fd: 5n, detach() {} }'])}, ${open(m, ofReactor).replace('port: 0, ', '')})`,
  'reactor.listen': m =>
    `return reactor.listen(${m.oneOf([withFd(open(m, ofReactor)), open(m, ofReactor.slice(0, -1)), '5n', '{ port: 0 }', m.hostile()])})`,
  'reactor.bind': m =>
    `return reactor.bind(${m.oneOf([withFd(open(m, ofReactor)), open(m, ofReactor.slice(0, -1)), '5n', m.hostile()])})`,
  'reactor.connect': m =>
    `return reactor.connect(${m.oneOf([withFd(open(m, ofReactor)), open(m, ofReactor.slice(0, -1)), '5n', m.hostile()])})`,
  'http.serve': m =>
    `return http.serve(${m.oneOf(['() => ({ status: 200 })', m.value()])}, ${m.oneOf([open(m, ofReactor.slice(0, -1)), m.hostile()])})`,
  'http.FileBody.open': m =>
    `return http.FileBody.open(${m.oneOf(["'/dev/null'", "'/none'", "Buffer.from('/etc/passwd')", "'/dev'", m.view(), '5'])}, ${m.value()}, ${m.value()})`,
  'http.new FileBody': m =>
    `return new http.FileBody(${m.oneOf(['foreign.memfd()', 'foreign.pipe()', 'sockets[0]', m.value()])}, ${m.value()}, ${m.value()})`,
  'streams.fromNet': m => `return streams.fromNet(${m.oneOf([fd(m), 'sockets[0]', m.hostile()])})`,
  'C.interrupt': m =>
    `return C.interrupt(${m.oneOf([`${m.socket()}.interrupter()`, '{ fired: new Int32Array(1), thread: 0 }', `{ fired: new Int32Array(${m.random(3)}), thread: ${m.value()} }`, m.value()])})`,
}
for (const name of ['getfqdn', 'gethostbyaddr', 'gethostbyname', 'gethostbynameEx'])
  for (const floor of ['C', 'promises'])
    special[`${floor}.${name}`] = m => `return ${floor}.${name}(${[hosts(m), ...m.args(['options'])].join(', ')})`
for (const floor of ['C', 'promises']) {
  special[`${floor}.getaddrinfo`] = m =>
    `return ${floor}.getaddrinfo(${hosts(m)}, ${m.oneOf(['80', 'null', "'http'", '-1', '2 ** 16', '{}'])}, ${m.value()})`
  special[`${floor}.getnameinfo`] = m =>
    `return ${floor}.getnameinfo(${place(m)}, ${m.oneOf(['C.NI_NUMERICHOST', "'x'", '-1', '2 ** 32'])}, ${m.value()})`
}
for (const name of ['Selector', 'PollSelector', 'SelectSelector', 'EpollSelector', 'KqueueSelector'])
  special[`C.${name}.select`] = m => `return selector('${name}', ${m.random(2) === 0}).select(${waiting(m)})`
special['C.new Selector'] = () => 'return new C.Selector()' // its parameter is for the selectors of each kind
special['C.Epoll.poll'] = m => `return epoll().poll(${waiting(m)}, ${m.value()})`

const errorArguments = [
  "'EAI_NONAME', -2, 'getaddrinfo'",
  "-98, 'bind', { address: ['127.0.0.1', 9] }",
  "111, 'connect', { fd: 3, sent: 5, timeout: 1 }",
]

/** A class that other classes of a floor do not have as another name. */
function* entries() {
  const seen = new Set()
  for (const [floor, module] of Object.entries(floors))
    for (const [name, value] of Object.entries(module)) {
      if (seen.has(value) && isClass(value)) continue
      seen.add(value)
      yield [floor, name === 'AsyncSocket' ? 'Socket' : name, value]
    }
  yield* given()
}

/** All targets by their names: `text` gives the text of a call. */
function all() {
  const found = new Map()
  const add = (name, text) => found.set(name, special[name] ?? text)
  for (const [floor, name, value] of entries()) {
    const path = `${floor}.${name}`
    if (isClass(value)) {
      const isError = value.prototype instanceof Error // converts its parameters to texts, as Error itself does
      add(`${floor}.new ${name}`, m =>
        isError
          ? `return new ${path}(${m.oneOf(errorArguments)})`
          : `return new ${path}(${m.args(constructorParameters(value)).join(', ')})`,
      )
      for (const [key, call] of staticsOf(value))
        add(`${path}.${key}`, m => `return ${path}.${key}(${m.args(parametersOf(call, key)).join(', ')})`)
      const self = selfOf(path, value)
      const isHandler = /RequestHandler$/.test(name) // works on any `this` that has the properties, as in Python
      const prototype = floors[floor][name] === undefined ? undefined : `${path}.prototype`
      for (const [label, { key, kind, call }] of methodsOf(value))
        add(`${path}.${label}`, m => methodText(m, self, prototype, key, kind, parametersOf(call, label), isHandler))
    } else if (typeof value === 'function') {
      add(path, m => `return ${path}(${m.args(parametersOf(value, name)).join(', ')})`)
    } else if (typeof value === 'object' && value !== null && name !== 'options') {
      for (const [key, call] of Object.entries(value))
        if (typeof call === 'function')
          add(`${path}.${key}`, m => `return ${path}.${key}(${m.args(parametersOf(call, key)).join(', ')})`)
    }
  }
  return found
}

function constructorParameters(type) {
  const [, list = ''] = /\bconstructor\(([^)]*)\)/.exec(Function.prototype.toString.call(type)) ?? []
  return [...list.matchAll(/(?:^|,)\s*(?:\.\.\.)?(\w+)/g)].map(([, name]) => name)
}

function methodText(m, self, prototype, key, kind, names, right) {
  const access =
    typeof key === 'symbol' ? `[${String(key).replace(/^Symbol\((nodejs|Symbol)\.(.*)\)$/, 'Symbol.$2')}]` : `.${key}`
  const quoted = typeof key === 'symbol' ? access.slice(1, -1) : `'${key}'`
  const wrong = m.random(20) === 0 && !right
  const given = wrong ? m.value() : self(m)
  const from = prototype ?? `Object.getPrototypeOf(${self(m)})`
  if (kind === 'get ') return `return Reflect.get(${from}, ${quoted}, ${given})`
  if (kind === 'set ') return `return Reflect.set(${from}, ${quoted}, ${m.value()}, ${given})`
  const call = wrong
    ? `Reflect.get(${from}, ${quoted}).call(${[given, ...m.args(names)].join(', ')})`
    : `(${given})${access}(${m.args(names).join(', ')})`
  return access === '.detach' ? `return own(${call})` : `return ${call}`
}

/** The targets, without those that are left out; throws if an entry of `left` leaves out nothing. */
export function targets() {
  const every = all()
  const unused = new Set(left)
  const leaves = (entry, name) => entry[0].test(name) && (entry[2] ?? /^/).test(name)
  const called = [...every].filter(([name]) => {
    const entries = left.filter(entry => leaves(entry, name))
    for (const entry of entries) unused.delete(entry)
    return entries.length === 0
  })
  for (const [pattern] of unused) throw new Error(`nothing is left out by ${pattern}`)
  return { called, left: every.size - called.length }
}
