// The nets: which compiler flags and environment each has, what runs under it, and the deliberate faults that it must report.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'
import { testFiles } from '../support/instrumented.js'

const files = (...names) => names.map(name => `test/${name}.test.ts`)
const servers = files('cli/servers-c', 'cli/http-c')

const loops = readFileSync(join(root, 'native/servers/loops/modes.h'), 'utf8')
const modes = Array.from(loops.matchAll(/^ {2}(?:CALLS|LOOP)\((\w+)\)/gm), ([, mode]) => mode)

// What of a test file cannot run under a net, and why: the beginnings of file names.
const preload = {
  'syscalls/allocations': 'it preloads a malloc of its own, in place of that of the net',
  'faults/': 'it preloads a library of its own, and counts the system calls of the object, to which the net adds some',
}
const ownCalls = 'it compares all system calls of a program, and the net makes some of its own'
const traces = { 'traces/': ownCalls, 'examples/guide': ownCalls }
const traced = 'it runs programs under strace, where LeakSanitizer cannot look'

/** The test files that are not left out. */
const allBut = left =>
  testFiles().filter(file => !Object.keys(left).some(beginning => file.startsWith(`test/${beginning}`)))

// One of `parts` equal shares: in that many seeds, each file runs once.
const share = (all, parts, seed) => all.filter((_, i) => i % parts === seed % parts)

// The names of reports are `reports`, the name of the program, and the number of the process.
const logged = reports => `log_path=${reports}:log_exe_name=1`

// A failed allocation is not a finding. A leak does not change how a process ends: that of another program is not a finding.
const addressOptions = (reports, leaks) => ({
  ASAN_OPTIONS: `${logged(reports)}:allocator_may_return_null=1:detect_leaks=${leaks}:exitcode=${leaks === 1 ? 0 : 99}`,
  UBSAN_OPTIONS: 'print_stacktrace=1',
  UBSAN_REPORTS: reports, // see faults.c
})

const terminated = (rounds, ...works) => works.map(work => ['test/programs/terminated-threads.js', work, `${rounds}`])
const otherLoop = ['test/programs/promises-anywhere.js']

// Tests of the servers, and others, that a net cannot pass.
const fewDescriptors = 'it limits the descriptors to what the program itself needs, and the net needs some more'
const crashing = 'it starts a program by sh(1) or script(1), which crash when libtsan is loaded into them'
const soon = 'it gives the end of a process a second, and the net takes longer'
const anotherUser = 'its program is that of another user, who cannot write a report'
const ofEachMode = (test, reason) =>
  Object.fromEntries(modes.map(mode => [`cli/servers-c: echo in C --mode ${mode} ${test}`, reason]))
const timed = Object.fromEntries(
  modes.map(mode => [
    `cli/http-c: http --lang c --mode ${mode} limits a head that`,
    'it gives a server 200 ms to take a request and to answer, and the net takes longer',
  ]),
)
const blockedWorkers = 'waiting/workers: a worker that is blocked does not delay'

const addressLeft = {
  ...preload,
  ...traces,
  'package/reference': 'it reads the sources alone, for minutes under a net',
}
const leaksLeft = { 'package/counts': traced, 'cli/servers-faults': traced, 'cli/trace': traced }
const withLeaks = () => allBut({ ...addressLeft, ...leaksLeft })
const withoutLeaks = () => allBut(addressLeft).filter(file => !withLeaks().includes(file))
const threadFiles = files(
  ...['waiting/workers', 'waiting/signals', 'waiting/waiting', 'names/names', 'sockets/lifetime', 'promises/promises'],
  ...['reactor/pools', 'reactor/lifetimes', 'socketserver/socketserver', 'package/copies'],
)

/**
 * `whole` and `sample` are lists of runs: the test files, a pattern of the names of the tests, and what the environment has besides, by
 * the beginning of the names of the reports. `programs` run besides. `left` and `leftTests` are the files and the tests that are left out, by
 * the beginnings of their names, and why. `library` is loaded into each process; a net without one is for the servers alone.
 */
export const nets = {
  // The first finding that is no leak ends the process.
  address: {
    title: 'AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer',
    flags: ['-fsanitize=address,undefined,float-cast-overflow', '-fno-sanitize-recover=all'],
    library: 'libasan.so',
    environment: reports => addressOptions(reports, 1),
    left: addressLeft,
    leftTests: {
      [blockedWorkers]: soon,
      ...timed,
      'examples/messages: ping is refused without root': anotherUser,
      'examples/recipes-b: capture gives the reason without CAP_NET_RAW': anotherUser,
      'cli/sockopts: a socket of another process of another user is refused': anotherUser,
      'cli/cli: trace shows the network calls of a program': traced,
      'cli/trace/signals: Ctrl-C': 'a program of Python starts Node, which has no net then',
    },
    whole: () => [
      { files: withLeaks() },
      { files: withoutLeaks(), environment: reports => addressOptions(reports, 0) },
    ],
    sample: seed => {
      const always = withLeaks().filter(file => /^test\/(syscalls|structs\/address)/.test(file))
      return [
        { files: [...new Set([...always, ...share(withLeaks(), 80, seed)])] },
        { files: files('cli/servers-c'), pattern: `mode ${modes[seed % modes.length]}` },
      ]
    },
    faults: {
      overflow: /heap-buffer-overflow/,
      'stack-overflow': /stack-buffer-overflow/,
      'use-after-free': /heap-use-after-free/,
      shift: /shift exponent/,
      'signed-overflow': /signed integer overflow/,
      cast: /outside the range of representable values/,
      leak: /detected memory leaks/,
    },
  },
  // Node itself is not built with it. BSD_SOCKETS_LOOP: the loop of Bun and Deno, which has a thread of its own.
  thread: {
    title: 'ThreadSanitizer',
    flags: ['-fsanitize=thread'],
    library: 'libtsan.so',
    environment: reports => ({ TSAN_OPTIONS: `${logged(reports)}:ignore_noninstrumented_modules=1:exitcode=66` }),
    left: {},
    leftTests: {
      ...timed,
      [blockedWorkers]: soon,
      ...ofEachMode('out of descriptors', crashing),
      ...ofEachMode('a second signal', 'the net holds a signal back until the program makes a call'),
      'waiting/waiting: where the event loop watches a first wait without': crashing,
      'waiting/waiting: where a thread watches a first wait without': crashing,
      'waiting/signals: SIGWINCH of a terminal': crashing,
      'sockets/lifetime: inheritance unless it is inheritable': crashing,
    },
    whole: () => [{ files: [...threadFiles, ...servers] }],
    sample: seed => [
      { files: files('cli/servers-c'), pattern: 'mode threads' },
      { files: share(threadFiles, threadFiles.length, seed) },
    ],
    programs: {
      whole: [
        ...terminated(30, 'waits', 'pairs', 'connections', 'descriptors', 'promises', 'reactor', 'lookups', 'names'),
        ...terminated(30, 'closing', 'loading', 'http', 'datagrams', 'zerocopy', 'passing', 'streams'),
        ...terminated(10, 'threads', 'servers'),
        otherLoop,
      ],
      sample: [...terminated(10, 'lookups'), otherLoop],
      environment: { BSD_SOCKETS_LOOP: 'thread' },
    },
    faults: { race: /data race/ },
  },
  memcheck: {
    title: 'memcheck of valgrind',
    flags: [],
    valgrind: reports => [
      ...['--quiet', '--error-exitcode=55', `--log-file=${reports}.%p`],
      ...['--leak-check=full', '--show-leak-kinds=definite,indirect', '--errors-for-leak-kinds=definite,indirect'],
    ],
    environment: () => ({}),
    left: {},
    leftTests: {
      ...timed,
      ...ofEachMode('out of descriptors', fewDescriptors),
      ...ofEachMode('a second signal', 'it ends the server with its memory in use, and the net takes that for a leak'),
    },
    whole: () => [{ files: servers }],
    sample: seed => [{ files: servers, pattern: `mode ${modes[(seed + 1) % modes.length]}` }],
    faults: {
      overflow: /Invalid write/,
      'use-after-free': /Invalid read/,
      uninitialized: /depends on uninitialised value/,
      leak: /definitely lost/,
    },
  },
}
