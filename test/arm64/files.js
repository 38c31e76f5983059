// Which files of the suite run for arm64 by emulation, and why the others do not.

/** What stands nearest to the processor and the C library: layouts, numbers, calls, and the Socket on top. */
export const files = [
  ...[
    'structs/address',
    'structs/address-properties',
    'socketserver/buffered',
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
  'the emulator lacks options, control messages and clocks that these use, or breaks off at them': [
    ...[
      'sockets/batch',
      'control/control',
      'control/packet-aux-data',
      'reactor/datagrams',
      'sockets/delivery',
      'descriptors/descriptors',
      'structs/families',
      'structs/families-kernel',
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
  'they ask the addon of this machine, or its files': [
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
  'they read sources, pages or prototypes, in which the machine has no part': [
    'package/floors',
    'package/native',
    'package/this',
    'package/workflows',
  ],
  'their programs are built for this machine, or other programs of it take part': [
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
  "they look at processes, signals, threads and the number of descriptors, which are the emulator's": [
    ...[
      'sockets/accepting',
      'promises/async-context',
      'package/copies',
      'package/modules',
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
  'they open many descriptors, in one process with files that count theirs': ['reactor/batch', 'reactor/random'],
  'they take too long emulated; the promises run by a program of their own': [
    ...[
      'examples/async',
      'examples/gateway',
      'http/body',
      'http/callbacks',
      'http/http',
      'http/express',
      'http/fetch',
      'http/hostile',
      'http/upgrade',
      'cli/http-ts',
    ],
    ...[
      'promises/drained',
      'sockets/sendfile',
      'socketserver/socketserver',
      'sockets/splice',
      'streams/streams',
      'streams/node',
      'streams/node-states',
      'streams/states',
      'syscalls/files',
    ],
  ],
}

/** Why the file of this name is left out; undefined where nobody has said. */
export const reasonAgainst = name => Object.keys(reasons).find(reason => reasons[reason].includes(name))

/** The test files, of these names, of which nobody has said whether they run. */
export const undecided = names => names.filter(name => !files.includes(name) && reasonAgainst(name) === undefined)
