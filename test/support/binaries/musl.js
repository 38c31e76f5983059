// Loads an addon for musl with musl's own loader, which binds each symbol at load. The program that loads it has stubs for
// the functions of Node-API, since no package of npm has a Node for musl.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readElf } from './elf.js'

const program = stubs => `
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

/** Status 0 and its version of Node-API on standard output; status 127 without musl-gcc. */
export function loadByMusl(addon) {
  if (spawnSync('musl-gcc', ['--version']).error) return { status: 127, stdout: '', stderr: 'no musl-gcc' }
  const stubs = readElf(readFileSync(addon))
    .imports.map(({ name }) => name)
    .filter(name => name.startsWith('napi_') || name.startsWith('node_api_'))
  const folder = mkdtempSync(join(tmpdir(), 'bsd-sockets-musl-'))
  try {
    const [source, file] = [join(folder, 'load.c'), join(folder, 'load')]
    writeFileSync(source, program(stubs))
    const compiled = spawnSync('musl-gcc', ['-rdynamic', '-o', file, source], { encoding: 'utf8' })
    return compiled.status === 0 ? spawnSync(file, [addon], { encoding: 'utf8' }) : compiled
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
