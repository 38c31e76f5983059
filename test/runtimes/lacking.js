// The tests that do not apply to Bun and Deno, and why: whole test files, or tests by the beginnings of their full names.
// All others must pass there.

const inC = 'is not involved: these test the programs in C'
const calls = 'has an event loop that makes other system calls than Node, and a thread that watches the poller'
const preload = 'cannot preload a module, or does not list the files that it loads'

const heap = "rejects V8's flags, or measures its heap in another way"

const byteStream = 'has no byte stream in a Request that was created from bytes'
const lateHandler =
  'installs its signal handler after the event newListener, so signals are not counted until the next call'
const noLightObjects = 'gets no light objects: its own are fast'
const destroyedEnd = 'emits end on a net.Socket that was destroyed'

const otherNames = 'has other names in its net and dgram'

const ownMatrix = 'is not involved: the matrix is of the programs on Node'

const otherName = 'has another name than node, and makes other calls, in the traces that the test compares'

const noFrames = 'has no frames of the program in a stack that is taken while the addon calls'

const bun = {
  'lifetimes/lifetimes': { 'each callback runs in a resource': 'calls no hook of async_hooks' },
  'faults/faults': ownMatrix,
  'networks/networks': ownMatrix,
  caller: { 'a wait that ends by': 'has no callers that await in the stack of an error' },
  'cli/http-c': inC,
  'cli/servers-c': inC,
  'waiting/kqueue': inC,
  'traces/*': calls,
  'package/counts': calls,
  'examples/guide': calls,
  'package/load': preload,
  'reactor/memory': heap,
  'examples/examples': 'prints an address by console.log in several lines',
  'examples/from-node': { 'net.': otherNames },
  'examples/tools': 'prints an address by console.log in several lines',
  'syscalls/arguments': { '': 'accepts an ArrayBuffer as a view in Node-API' },
  'cli/cli': { 'tour ': calls, 'bsd-sockets ends silently': 'tells a program nothing when nobody reads its output' },
  'cli/hostile': {
    'a name with control characters is shown as text in a certificate': 'rejects the certificate of the test',
  },
  'cli/trace/own': { 'has the line': noFrames },
  'cli/trace/marks': { 'each call of': noFrames, 'the lines are': noFrames, 'a program in TypeScript': noFrames },
  'cli/trace/programs': otherName,
  'cli/nc': {
    '--tls relays': 'rejects the certificate of the test',
    '--tls refuses': 'rejects the certificate of the test',
    '--tls -k outlives clients that leave': 'tells nothing of an end during the handshake in its tls',
  },
  'streams/connector': {
    'fetch over': 'has an undici of its own, which ignores `connect`',
    'a request of http': 'ignores createConnection in its http',
    'an Agent of http': 'ignores createConnection in its http',
    'https with': 'rejects the certificate of the test',
    'a device is': 'ignores createConnection in its http',
    'an abort of': 'has an undici of its own, which ignores `connect`',
    'Agents of undici': 'has an undici of its own, which ignores `connect`',
    'a connect that': 'has an undici of its own, which ignores `connect`',
    'a server that': 'has an undici of its own, which ignores `connect`',
  },
  errors: {
    "Node's properties an abstract name": 'has errors with other properties in its net and dgram',
    "Node's properties as in dgram": 'has errors with other properties in its net and dgram',
    'wrong arguments have the same errors': 'has other messages for wrong arguments of its own functions',
  },
  'descriptors/hand-over': {
    'listenFds http is served': 'cannot listen on a descriptor by its http',
  },
  'http/body': { 'a body of a Request is complete by a reader of bytes': byteStream },
  'http/express': {
    'Express by listenNet': 'cannot listen on a descriptor by its http',
  },
  'http/fetch': {
    Hono: 'gives other answers by the adapter for Node, with which the test compares',
    'fetchHandler takes': 'has a Response that differs from that of Node',
    'fetchHandler makes': 'has a Response that differs from that of Node',
    'fetchHandler a Response of bytes gives an answer': noLightObjects,
    'fetchHandler a Response of bytes is sent without': noLightObjects,
  },
  'http/http': {
    'workers share a port': 'has another error for a worker that fails to start',
  },
  'examples/recipes-b': {
    'tcp-info s': 'has its own kind of socket in its http',
    tls: 'rejects the certificate of the test',
    'websocket a client': 'limits in its http only the connections that it has accepted itself',
    'frameworks express': 'cannot listen on a descriptor by its http',
    'frameworks fastify': 'cannot listen on a descriptor by its http',
    framing: 'prints an address by console.log in several lines',
  },
  'examples/lessons': {
    'howto-': 'prints an address by console.log in several lines',
    'a port in TIME_WAIT': 'prints an address by console.log in several lines',
    'options of a socket that net owns': 'has a net.Socket without a descriptor property',
  },
  'examples/messages': {
    'pass-descriptors': 'prints an address by console.log in several lines',
  },
  'examples/recipes-a': {
    'fetch a ': 'cannot listen on a descriptor by its http',
    'fetch MPTCP': 'cannot listen on a descriptor by its http',
    'keepalive both ends': 'has a net.Socket without a descriptor property',
    'keepalive a client': 'has a net.Socket without a descriptor property',
    'systemd serves on the passed': 'cannot listen on a descriptor by its http',
  },
  'options/options': {
    'sockets that Node owns http': 'has its own kind of socket in its http',
    'sockets that Node owns tls': 'lacks the cipher that the test uses',
    'the example prints': 'has its own kind of socket in its http',
  },
  'package/copies': {
    'a, then b a listener that is added': lateHandler,
    'b, then a a listener that is added': lateHandler,
  },
  'package/modules': {
    'with --permission': 'has no permission model',
  },
  'examples/peers': {
    'http fetch': 'has an agent in its http that cannot be destroyed',
    'http an aborted': 'has an agent in its http that cannot be destroyed',
    TLS: 'rejects the certificate of the test',
  },
  'waiting/signals': {
    'a signal with a listener ends the first call':
      'does not notify a call of a signal in the same turn that adds the listener',
    'a signal with a listener ends a call in each': 'may notify a call in the listener of a signal of the same signal',
    'a signal with a listener a removed listener': 'is not ended by a signal whose last listener was removed',
  },
  'sockets/lifetime': {
    'inheritance unless': 'passes only the listed descriptors to a child',
    'a socket that is dropped without': 'prints arrays by console.log in another way',
  },
  'socketserver/socketserver': {
    'threads a module without': 'has another error for a missing module',
  },
  'promises/promises': { 'an abort thousands of signals': heap },
  'http/realms': { 'a light Response': 'has a Response that differs from that of Node' },
  'streams/callbacks': {
    toNet: 'has a net.Socket that accepts no descriptor',
    toDgram: 'reports what a listener throws as an error of the socket',
    'toDuplex behaves': 'ends a net.Socket in another way, and reports nothing that a callback of a write throws',
  },
  'streams/states': {
    'toNet does': 'has a net.Socket that accepts no descriptor',
    'toDuplex does what net.Socket does connected': destroyedEnd,
    'toDuplex does what net.Socket does flowing': destroyedEnd,
    'toDuplex does what net.Socket does ended': destroyedEnd,
    'toDuplex does what net.Socket does corked': destroyedEnd,
    'toDuplex does what net.Socket does with a timeout': destroyedEnd,
    "toDuplex does what net.Socket does unref'ed": destroyedEnd,
    'toDuplex does what net.Socket does destroyed': destroyedEnd,
    'toDuplex does what net.Socket does every listed': destroyedEnd,
  },
  'streams/node': {
    'toNet ': 'has a net.Socket that accepts no descriptor',
    'fromNet fromDuplex takes the pipes': 'has pipes of a child process that are not a net.Socket',
    'fromNet fromDuplex rejects other': 'has a standard input that is not a net.Socket',
    'listenNet https': 'rejects the certificate of the test',
    'listenNet http2': 'rejects the certificate of the test',
    'listenNet tls': 'rejects the certificate of the test',
    'listenNet http': 'cannot listen on a descriptor by its http',
  },
  'waiting/workers': {
    'a worker that is terminated at any moment during its waits':
      'keeps one more descriptor than after its first worker, however many follow',
  },
}

const killed = 'reports that a child ended by a signal that was sent to it, even if the child handled it'
const leaves = 'calls no cleanup hook of Node-API when it terminates a worker, so descriptors stay open'
const noHandle = 'shows no descriptor in its net, http and dgram, and accepts none'
const ownFiles = 'accepts in its fs only descriptors that it has opened itself'
const resolve = 'has no import.meta.resolve under vitest'
const early = 'loses a message to a worker that arrives before the listener is added'
const tls = 'lacks the TLS features that the test uses'
const module = 'has another error for a missing module'

const deno = {
  'faults/faults': ownMatrix,
  'networks/networks': ownMatrix,
  'cli/http-c': inC,
  'cli/servers-c': inC,
  'waiting/kqueue': inC,
  'load/stop': { 'loses no client': 'reports a process that ends well after a signal as ended by the signal' },
  'traces/*': calls,
  'package/counts': calls,
  'examples/guide': calls,
  'package/load': preload,
  'reactor/memory': heap,
  'cli/cli': killed,
  'examples/examples': killed,
  'examples/from-node': { 'net.': otherNames, 'dgram.': otherNames },
  'examples/tools': killed,
  'examples/chapters': { 'unix the program in TypeScript': ownFiles, 'unix it prints': ownFiles },
  'examples/mistakes': { 'descriptors it prints': 'is started by `deno run -A`, which the program cannot know' },
  'examples/messages': killed,
  'examples/lessons': killed,
  'examples/recipes-b': {
    'tcp-info s': noHandle,
    tls: tls,
    'websocket messages': killed,
    'frameworks express': noHandle,
    'frameworks fastify': noHandle,
    'frameworks hono': killed,
    capture: killed,
    using: ownFiles,
    'chat stops': killed,
  },
  'examples/recipes-a': killed,
  'examples/gateway': killed,
  'http/hostile': killed,
  'cli/http-root': killed,
  'cli/http-ts': killed,
  'cli/trace/own': { 'has the calls': calls },
  'cli/trace/marks': { 'the lines are': calls },
  'cli/trace/programs': otherName,
  'cli/trace/signals': killed,
  'cli/nc': killed,
  'cli/servers-faults': killed,
  'cli/servers-ts': killed,
  'descriptors/descriptors': {
    'a process of node': ownFiles,
    'files that Python sends': ownFiles,
    'a received descriptor is closed when its worker': leaves,
  },
  errors: {
    'wrong arguments have the same errors': 'has other messages for wrong arguments of its own functions',
    'wrong arguments a value is shown': 'prints a value in another way',
  },
  'structs/families-unix': {
    'UNIX by the bytes of a path that is not UTF-8': 'accepts only UTF-8 paths in its fs',
  },
  'packages/raw-socket': { 'workers use it': leaves },
  'packages/usocket': {
    'read(length, count)': ownFiles,
    'fds is emitted': ownFiles,
    'descriptors without a byte': ownFiles,
    'descriptors come with their own': ownFiles,
    'unshift puts': ownFiles,
    'writes wait for room': ownFiles,
    'a garbage collection': ownFiles,
    'if there is no room': ownFiles,
  },
  'lifetimes/lifetimes': {
    'a callback may': 'ends the process for an error of a worker that has a listener',
    'a socket that only': 'opens two descriptors of its own at some time',
    'objects of another copy': 'opens two descriptors of its own at some time',
    'each callback runs in a resource': 'gives callbacks no trigger in its async_hooks',
  },
  'descriptors/hand-over': { 'a socket moves to a worker': early },
  'http/body': { 'a body of a Request is complete by a reader of bytes': byteStream },
  'http/fetch': {
    'fetchHandler checks and sends': 'accepts a padded value with a line behind it',
    'fetchHandler a Response of bytes gives an answer': noLightObjects,
    'fetchHandler a Response of bytes is sent without': noLightObjects,
  },
  'http/http': { 'workers share a port': module },
  'waiting/kqueue-selector': { '': ownFiles },
  'package/copies': { 'a storm of signals': 'calls a listener once for all signals of one turn of its loop' },
  'package/modules': {
    'an older Node': preload,
    'with --permission': 'has other flags for permissions',
    'with --no-addons': 'has other flags for permissions',
  },
  'names/names': { 'services and protocols threads': resolve },
  'options/options': {
    'sockets that Node owns': noHandle,
    'the example prints': noHandle,
  },
  'examples/peers': { 'http ': noHandle, TLS: tls },
  'promises/promises': { 'in worker threads terminated': leaves, 'an abort thousands of signals': heap },
  'fuzz/calls': { '': 'opens two descriptors of its own at some time' },
  'reactor/reactor': {
    'a server survives having no descriptor left': 'fails itself without a free descriptor',
  },
  'waiting/signals': { '': killed },
  'sockets/lifetime': {
    'borrow of a socket of net': noHandle,
    'fromFd takes a duplicate of what net listens on': noHandle,
    'a socket that is dropped without': 'prints arrays by console.log in another way',
    'a socket that is dropped 10,000': 'collects garbage at other times',
  },
  'socketserver/socketserver': {
    'a thread for each': leaves,
    'threads a module': module,
    'threads a function': module,
    'a process is notified of a signal': killed,
    'a process is notified by another thread': resolve,
    'a process without a free descriptor': 'fails itself without a free descriptor',
  },
  'streams/callbacks': {
    toNet: 'prints what a listener of a net.Socket throws',
    toDgram: noHandle,
    'toDuplex behaves': 'prints what a listener of a net.Socket throws',
  },
  'reactor/attach': { 'descriptors and control messages': 'opens two descriptors of its own at some time' },
  'streams/connector': {
    'a request of http': noHandle,
    'an Agent of http': noHandle,
    'https with': tls,
    'fetch over MPTCP': noHandle,
    'a device is': noHandle,
  },
  'streams/fds': {
    'an FdDuplex on Linux, where the process has no': 'fails itself without a free descriptor',
    'an FdDuplex a worker that is terminated': leaves,
  },
  'streams/states': {
    'toNet does what net.Socket does every listed': 'connects a net.Socket again that was created from a descriptor',
    'toDuplex does what net.Socket does paused': 'does not receive the bytes of a paused net.Socket',
  },
  'streams/node-states': { 'a socket of dgram': noHandle },
  'streams/node': {
    'toNet a client of http': noHandle,
    'listenNet https': tls,
    'listenNet http2': tls,
    'listenNet tls': tls,
    toDgram: noHandle,
    fromNet: noHandle,
  },
  'syscalls/messages': {
    'sendmsg and recvmsg a descriptor is sent': ownFiles,
  },
  'waiting/vain': { 'a call that is spuriously ready ends with a signal': killed },
  'waiting/workers': {
    'a worker that is': leaves,
    'an interrupter of a closed socket': leaves,
    'an interrupter costs': leaves,
  },
}

export const lacking = { bun, deno }

const here = process.versions.bun ? bun : process.versions.deno ? deno : {}

/** The files that are skipped as a whole, as patterns. */
export const leftOut = Object.entries(here)
  .filter(([, reasons]) => typeof reasons === 'string')
  .map(([file]) => `test/${file}.test.ts`)

/** Why a test does not apply here; undefined if it does. */
export function lacked(file, name) {
  const reasons = here[file] ?? {}
  return reasons[Object.keys(reasons).find(start => name.startsWith(start))]
}
