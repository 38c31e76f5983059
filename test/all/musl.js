// The prebuilt addon for musl under musl's own loader, which binds each symbol at load: by a program that gives it
// Node-API's functions as stubs, since no Node for musl is to be had here. It tells its version of Node-API.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prebuild } from '../../scripts/prebuild.js'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'
import { readElf } from '../binaries/elf.js'

if (process.platform !== 'linux' || spawnSync('musl-gcc', ['--version']).error) {
  console.log('skipped: musl-tools is not installed')
  process.exit(process.platform === 'linux' && process.env.BSD_SOCKETS_REQUIRE_TOOLS ? 1 : 77)
}
const platform = `linux-${process.arch}`
prebuild([platform])

const addon = join(root, 'prebuilds', platform, 'bsd-sockets.musl.node')
const stubs = readElf(readFileSync(addon))
  .imports.map(({ name }) => name)
  .filter(name => name.startsWith('napi_') || name.startsWith('node_api_'))
const program = `
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

${stubs.map(name => `void ${name}(void) { abort(); }`).join('\n')}

int main(int count, char** arguments) {
  void* const addon = dlopen(arguments[count - 1], RTLD_NOW);
  if (addon == NULL) {
    fprintf(stderr, "%s\\n", dlerror());
    return 1;
  }
  int (*const version)(void) = (int (*)(void))dlsym(addon, "node_api_module_get_api_version_v1");
  if (version == NULL || dlsym(addon, "napi_register_module_v1") == NULL) return 2;
  printf("%d\\n", version());
  return 0;
}
`
const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-musl-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'load.c'), program)
run('musl-gcc', ['-rdynamic', '-o', join(folder, 'load'), join(folder, 'load.c')])
const { stdout, stderr, status } = spawnSync(join(folder, 'load'), [addon], { encoding: 'utf8' })
if (status !== 0 || stdout !== '8\n') {
  console.log(`status ${status}: ${stdout}${stderr}`)
  process.exit(1)
}
console.log(`bound, with ${stubs.length} functions of Node-API ${stdout.trim()}`)
