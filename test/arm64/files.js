// The test files that run for arm64 in the emulator, and why the others do not.

/** The files that depend most on the processor and the C library: layouts, numbers, calls, and Socket. */
export const files = [
  ...[
    'structs/address',
    'structs/address-properties',
    'socketserver/buffered',
    'sockets/address-types',
    'sockets/create',
    'data',
    'errors',
    'structs/families-unix',
    'sockets/my-socket',
    'waiting/select',
  ],
  ...['sockets/socket', 'syscalls/syscalls'],
]

const reasons = {
  'the emulator lacks options, control messages and clocks that they use, or crashes at them': [
    ...[
      'reactor/attach',
      'sockets/batch',
      'control/control',
      'control/packet-aux-data',
      'reactor/datagrams',
      'sockets/delivery',
      'descriptors/descriptors',
      'structs/families',
      'structs/families-kernel',
      'promises/messages',
      'sockets/messages',
      'names/names',
    ],
    ...[
      'control/wrong',
      'sockets/conventions',
      'sockets/differential',
      'options/options',
      'sockets/realms',
      'sockets/supports',
      'syscalls/memory',
      'syscalls/messages',
      'sockets/zerocopy',
    ],
  ],
  "they write x64's struct epoll_event": ['syscalls/arguments', 'syscalls/waiting'],
  'they use the addon of this machine, or its files': [
    'constants',
    'waiting/kqueue',
    'waiting/kqueue-selector',
    'package/load',
    'syscalls/room',
    'http/realms',
    'reactor/arguments',
    'streams/callbacks',
    'reactor/memory',
    'promises/waits',
    'package/platforms',
  ],
  'they read sources, pages or prototypes, which do not depend on the machine': [
    'package/floors',
    'package/native',
    'package/this',
    'package/workflows',
  ],
  'they run programs of this machine': [
    ...[
      'sockets/fuzz',
      'sockets/fuzz-floors',
      'syscalls/allocations',
      'cli/cli',
      'examples/examples',
      'examples/tools',
      'examples/from-python',
      'examples/guide',
      'descriptors/hand-over',
      'cli/http-c',
      'examples/lessons',
    ],
    ...['examples/messages', 'examples/peers', 'cli/servers-c', 'cli/servers-ts', 'package/tools', 'cli/trace'],
  ],
  'they observe processes, signals, threads and the number of descriptors, which are those of the emulator': [
    ...[
      'sockets/accepting',
      'promises/async-context',
      'package/copies',
      'package/modules',
      'reactor/arguments',
      'reactor/pools',
      'reactor/hand-over',
      'reactor/handlers',
      'reactor/lifetimes',
      'reactor/reset',
    ],
    ...['cli/servers-faults', 'socketserver/hooks', 'sockets/subclasses', 'timers', 'waiting/vain'],
    ...[
      'package/counts',
      'promises/rejects',
      'promises/promises',
      'reactor/reactor',
      'waiting/signals',
      'sockets/lifetime',
      'waiting/waiting',
      'waiting/workers',
    ],
  ],
  'they open many descriptors in a process in which other files count descriptors': [
    'promises/batch',
    'reactor/batch',
    'reactor/random',
  ],
  'they take too long in the emulator; the promises have their own program': [
    ...[
      'examples/async',
      'examples/gateway',
      'http/body',
      'http/callbacks',
      'http/http',
      'http/express',
      'http/fetch',
      'http/hostile',
      'http/realms',
      'http/upgrade',
      'cli/http-ts',
    ],
    ...[
      'promises/drained',
      'sockets/sendfile',
      'socketserver/socketserver',
      'sockets/splice',
      'streams/streams',
      'streams/fds',
      'streams/node',
      'streams/callbacks',
      'streams/node-states',
      'streams/states',
      'syscalls/files',
    ],
  ],
}

/** Why the file of this name does not run; undefined if there is no reason. */
export const reasonAgainst = name => Object.keys(reasons).find(reason => reasons[reason].includes(name))

/** The names of the test files that are in neither list. */
export const undecided = names => names.filter(name => !files.includes(name) && reasonAgainst(name) === undefined)
