// Which files of the suite run for arm64 by emulation, and why the others do not.

/** What stands nearest to the processor and the C library: layouts, numbers, calls, and the Socket on top. */
export const files = [
  ...[
    'address',
    'address-properties',
    'buffered',
    'connection',
    'data',
    'errors',
    'families-unix',
    'my-socket',
    'select',
  ],
  ...['socket', 'syscalls'],
]

const reasons = {
  'the emulator lacks options, control messages and clocks that these use, or breaks off at them': [
    ...['batch', 'control', 'datagrams', 'delivery', 'descriptors', 'families', 'families-kernel', 'messages', 'names'],
    ...[
      'conventions',
      'differential',
      'options',
      'realms',
      'supports',
      'syscalls-memory',
      'syscalls-messages',
      'zerocopy',
    ],
  ],
  "they write x64's struct epoll_event": ['arguments', 'syscalls-waiting'],
  'they ask the addon of this machine, or its files': ['constants', 'kqueue', 'kqueue-selector', 'load', 'platforms'],
  'their programs are built for this machine, or other programs of it take part': [
    ...['allocations', 'cli', 'examples', 'examples-tools', 'from-python', 'guide', 'hand-over', 'http-c', 'lessons'],
    ...['message-examples', 'peers', 'servers-c', 'servers-ts', 'tools', 'trace'],
  ],
  "they look at processes, signals, threads and the number of descriptors, which are the emulator's": [
    ...[
      'accepting',
      'async-context',
      'copies',
      'modules',
      'pools',
      'reactor-handlers',
      'reactor-lifetimes',
      'reactor-reset',
    ],
    ...['servers-faults', 'socketserver-hooks', 'subclasses', 'timers', 'vain'],
    ...['counts', 'promises', 'reactor', 'signals', 'socket-lifetime', 'waiting', 'workers'],
  ],
  'they open many descriptors, in one process with files that count theirs': ['reactor-batch', 'reactor-random'],
  'they take too long emulated; the promises run by a program of their own': [
    ...['async-examples', 'gateway', 'http', 'http-express', 'http-fetch', 'http-hostile', 'http-ts'],
    ...[
      'promises-drained',
      'sendfile',
      'socketserver',
      'splice',
      'streams',
      'streams-node',
      'streams-node-states',
      'streams-states',
      'syscalls-files',
    ],
  ],
}

/** Why the file of this name is left out; undefined where nobody has said. */
export const reasonAgainst = name => Object.keys(reasons).find(reason => reasons[reason].includes(name))
