// The tests of the system calls again, on an addon that is built with AddressSanitizer and UndefinedBehaviorSanitizer. Their
// first finding ends the process.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../../scripts/build.js'
import { nodeDirectory } from '../../scripts/headers.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

const output = (command, args) => spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim()

// If the compiler has the library, it prints a path, otherwise only the name.
const library = output('g++', ['-print-file-name=libasan.so'])
if (process.platform !== 'linux' || !library?.includes('/')) {
  console.log('skipped: no g++ with libasan here')
  process.exit(process.env.BSD_SOCKETS_REQUIRE_TOOLS ? 1 : 77)
}

await build()
const directory = join(root, 'build/asan')
const addon = join(directory, 'bsd_sockets.node')
mkdirSync(directory, { recursive: true })
const sanitizers = ['-fsanitize=address,undefined,float-cast-overflow', '-fno-sanitize-recover=all']
const flags = [
  ...['-O1', '-g', '-fPIC', '-fno-omit-frame-pointer', '-Wall', '-Wextra', ...sanitizers],
  ...['-D_GNU_SOURCE', '-DNAPI_VERSION=8'],
  ...['-Inative/poller', '-Inative/http', `-I${join(nodeDirectory(root), 'include/node')}`],
]
const files = (folder, ending) =>
  readdirSync(join(root, folder))
    .filter(file => file.endsWith(ending))
    .map(file => join(folder, file))

function compile(compiler, standard, source) {
  const object = join(directory, `${source.replaceAll('/', '_')}.o`)
  run(compiler, [`-std=${standard}`, ...flags, '-c', source, '-o', object])
  return object
}
const objects = [
  ...files('native/addon', '.cc').map(source => compile('g++', 'c++17', source)),
  ...['native/poller', 'native/http']
    .flatMap(folder => files(folder, '.c'))
    .map(source => compile('gcc', 'c11', source)),
]
run('g++', ['-shared', ...sanitizers, ...objects, '-o', addon, '-lpthread', '-ldl'])

// Leaks are not detected, because of Node's own memory. A failed allocation is not a finding. The test of failed
// allocations preloads a malloc, which does not work with the sanitizer's malloc.
const without = ['--exclude', 'test/syscalls/allocations.test.ts']
run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/syscalls', 'test/structs/address', ...without], {
  env: {
    ...process.env,
    ASAN_OPTIONS: 'detect_leaks=0:exitcode=99:allocator_may_return_null=1',
    BSD_SOCKETS_ADDON: addon,
    LD_PRELOAD: library,
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  },
})
console.log('ok')
