// What of the suite does not apply to Bun and Deno: by test file, as a whole or by what a test's full name begins with,
// and why. Everything else has to pass there.

const inC = 'tests the programs in C, in which no runtime has a part'
const calls = 'is watched by a thread, and its loop makes other system calls than that of Node'
const preload = 'loads nothing before the program, or tells of no file that it loads'

const heap = "takes none of V8's flags, or counts its heap in another way"

const byteStream = 'has no stream of bytes in a Request that was given bytes'
const lateHandler =
  'sets its handler of a signal after it has told of the new listener: until the next call nothing counts it'
const destroyedEnd = 'tells an end of the data of a net.Socket that was destroyed'

const bun = {
  'cli/http-c': inC,
  'cli/servers-c': inC,
  'waiting/kqueue': inC,
  'traces/*': calls,
  'package/counts': calls,
  'examples/guide': calls,
  'package/load': preload,
  'reactor/memory': heap,
  'promises/waits': heap,
  'examples/examples': 'shows an address by console.log in several lines',
  'examples/tools': 'shows an address by console.log in several lines',
  'syscalls/arguments': { '': 'takes an ArrayBuffer for a view in Node-API' },
  'cli/cli': { 'tour ': calls },
  errors: {
    "Node's shape an abstract name": 'has errors of another shape in its net and dgram',
    "Node's shape as dgram": 'has errors of another shape in its net and dgram',
    'wrong arguments are told': 'tells in another way of wrong arguments to its own functions',
  },
  'descriptors/hand-over': {
    'listenFds http is served': 'listens on no descriptor by its http',
  },
  'http/body': { 'a body of a Request is complete by a reader of bytes': byteStream },
  'http/express': {
    'Express by listenNet': 'listens on no descriptor by its http',
  },
  'http/fetch': {
    Hono: 'gives other answers by the adapter for Node, with which they are compared',
    'fetchHandler takes': 'has a Response that differs from that of Node',
    'fetchHandler makes': 'has a Response that differs from that of Node',
  },
  'http/http': {
    'workers share a port': 'tells in another way of a worker that fails to start',
  },
  'examples/lessons': {
    'howto-': 'shows an address by console.log in several lines',
    'a port in TIME_WAIT': 'shows an address by console.log in several lines',
    'options of a socket that net owns': 'has a net.Socket that tells of no descriptor',
  },
  'examples/messages': {
    'pass-descriptors': 'shows an address by console.log in several lines',
  },
  'options/options': {
    'sockets that Node owns http': 'has a socket of its own kind in its http',
    'sockets that Node owns tls': 'has not the cipher that the test uses',
    'the example prints': 'has a socket of its own kind in its http',
  },
  'package/copies': {
    'a, then b a listener that is added': lateHandler,
    'b, then a a listener that is added': lateHandler,
  },
  'package/modules': {
    'with --permission': 'has no permissions to give',
  },
  'examples/peers': {
    'http fetch': 'has no agent in its http that can be ended',
    'http an aborted': 'has no agent in its http that can be ended',
    TLS: 'does not take the certificate of the test',
  },
  'waiting/signals': {
    'a signal that somebody listens for ends the first call':
      'does not tell a call of a signal in the run of JavaScript that adds its listener',
    'a signal that somebody listens for ends a call in each':
      'may tell a call in the listener of a signal of that signal',
    'a signal that somebody listens for a listener that is gone':
      'is not ended by a signal whose last listener has gone',
  },
  'sockets/lifetime': {
    'inheritance unless': 'gives a child no descriptor but those that it is told of',
    'a socket that is dropped without': 'shows lists by console.log in another way',
  },
  'socketserver/socketserver': {
    'threads a module without': 'tells in another way of a module that is not there',
  },
  'streams/states': {
    'toNet does': 'has a net.Socket that takes no descriptor',
    'toDuplex does what net.Socket does connected': destroyedEnd,
    'toDuplex does what net.Socket does flowing': destroyedEnd,
    'toDuplex does what net.Socket does ended': destroyedEnd,
    'toDuplex does what net.Socket does corked': destroyedEnd,
    'toDuplex does what net.Socket does with a timeout': destroyedEnd,
    "toDuplex does what net.Socket does unref'ed": destroyedEnd,
    'toDuplex does what net.Socket does destroyed': destroyedEnd,
    'toDuplex does what net.Socket does what is listed': destroyedEnd,
  },
  'streams/node': {
    'toNet ': 'has a net.Socket that takes no descriptor',
    'fromNet fromDuplex takes the pipes': 'has pipes of a child process that are no net.Socket',
    'fromNet fromDuplex says what': 'has a standard input that is no net.Socket',
    'listenNet https': 'does not take the certificate of the test',
    'listenNet http2': 'does not take the certificate of the test',
    'listenNet tls': 'does not take the certificate of the test',
    'listenNet http': 'listens on no descriptor by its http',
  },
  'waiting/workers': {
    'a worker that is terminated at any moment in the midst of its waits':
      'has one descriptor more than after its first worker, after however many',
  },
}

const killed = 'says of a child that was sent a signal that it ended by that, whatever it did'
const leaves = 'calls nothing of Node-API when it terminates a worker, whose descriptors stay open'
const noHandle = 'tells of no descriptor in its net, http and dgram, and takes none'
const ownFiles = 'knows in its fs the descriptors alone that it opened itself'
const resolve = 'has no import.meta.resolve under vitest'
const early = 'loses a message to a worker that comes before its listener'
const tls = 'has not the TLS that the test asks for'
const module = 'tells in another way of a module that is not there'

const deno = {
  'cli/http-c': inC,
  'cli/servers-c': inC,
  'waiting/kqueue': inC,
  'traces/*': calls,
  'package/counts': calls,
  'examples/guide': calls,
  'package/load': preload,
  'reactor/memory': heap,
  'promises/waits': heap,
  'cli/cli': killed,
  'examples/examples': killed,
  'examples/tools': killed,
  'examples/messages': killed,
  'examples/lessons': killed,
  'examples/gateway': killed,
  'http/hostile': killed,
  'cli/http-ts': killed,
  'cli/servers-faults': killed,
  'cli/servers-ts': killed,
  'descriptors/descriptors': {
    'a process of node': ownFiles,
    'files that Python sends': ownFiles,
    'a received descriptor is closed when its worker': leaves,
  },
  errors: {
    'wrong arguments are told': 'tells in another way of wrong arguments to its own functions',
    'wrong arguments a value is shown': 'shows a value in another way',
  },
  'structs/families-unix': {
    'UNIX by the bytes of a path, no UTF-8': 'takes no path in its fs that is no UTF-8',
  },
  'descriptors/hand-over': { 'a socket moves to a worker': early },
  'http/body': { 'a body of a Request is complete by a reader of bytes': byteStream },
  'http/http': { 'workers share a port': module },
  'waiting/kqueue-selector': { '': ownFiles },
  'package/copies': { 'a storm of signals': 'calls a listener once for all signals of one turn of its loop' },
  'package/modules': {
    'an older Node': preload,
    'with --permission': 'has other flags for what a program may do',
    'with --no-addons': 'has other flags for what a program may do',
  },
  'names/names': { 'services and protocols threads': resolve },
  'options/options': {
    'sockets that Node owns': noHandle,
    'the example prints': noHandle,
  },
  'examples/peers': { 'http ': noHandle, TLS: tls },
  'promises/promises': { 'in worker threads terminated': leaves },
  'reactor/reactor': {
    'a server survives having no descriptor left': 'itself fails without a descriptor',
  },
  'waiting/signals': { '': killed },
  'sockets/lifetime': {
    'fromFd takes a duplicate of what net listens on': noHandle,
    'a socket that is dropped without': 'shows lists by console.log in another way',
    'a socket that is dropped 10,000': 'collects garbage in its own time',
  },
  'socketserver/socketserver': {
    'a thread for each': leaves,
    'threads a module': module,
    'threads a function': module,
    'a process is told of a signal': killed,
    'a process is told by another thread': resolve,
    'a process that has no descriptor left': 'itself fails without a descriptor',
  },
  'streams/states': {
    'toNet does what net.Socket does what is listed': 'connects a net.Socket anew that was given a descriptor',
    'toDuplex does what net.Socket does paused': 'leaves in the kernel what comes to a net.Socket that is paused',
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
    'sendmsg and recvmsg a descriptor goes over': ownFiles,
  },
  'waiting/vain': { 'a call that is ready in vain ends with a signal': killed },
  'waiting/workers': {
    'a worker that is': leaves,
    'an interrupter of a socket that was closed': leaves,
    'an interrupter costs': leaves,
  },
}

export const lacking = { bun, deno }

const here = process.versions.bun ? bun : process.versions.deno ? deno : {}

/** The files that are left out as a whole, as patterns. */
export const leftOut = Object.entries(here)
  .filter(([, reasons]) => typeof reasons === 'string')
  .map(([file]) => `test/${file}.test.ts`)

/** Why a test does not apply here; undefined where it does. */
export function lacked(file, name) {
  const reasons = here[file] ?? {}
  return reasons[Object.keys(reasons).find(start => name.startsWith(start))]
}
