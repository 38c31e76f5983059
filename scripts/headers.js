// Finds Node's headers: beside the running node, else in the package node-api-headers. Nothing is downloaded.
import { existsSync, mkdirSync, readdirSync, copyFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// node-gyp reads a common.gypi beside the headers. This one has only what the addon needs.
const commonGypi = {
  target_defaults: {
    default_configuration: 'Release',
    cflags: ['-pthread', '-fPIC', '-O3', '-fno-omit-frame-pointer'],
    cflags_cc: ['-fno-rtti', '-fno-exceptions'],
    configurations: { Debug: {}, Release: {} },
    conditions: [
      [
        'OS=="mac"',
        {
          xcode_settings: { GCC_OPTIMIZATION_LEVEL: '3', OTHER_LDFLAGS: ['-Wl,-undefined,dynamic_lookup'] },
          conditions: [
            ['target_arch=="x64"', { xcode_settings: { ARCHS: ['x86_64'] } }, { xcode_settings: { ARCHS: ['arm64'] } }],
          ],
        },
      ],
    ],
  },
}

/** The folder that contains `include/node/node_api.h`. If the running node has none, makes one in `root`/build. */
export function nodeDirectory(root) {
  const beside = dirname(dirname(process.execPath))
  return existsSync(join(beside, 'include/node/node_api.h')) && existsSync(join(beside, 'include/node/common.gypi'))
    ? beside
    : makeHeaders(root)
}

/** Makes such a folder in `root`/build, for any platform: it contains only the headers of Node-API. */
export function makeHeaders(root) {
  const { include_dir: source } = createRequire(join(root, 'package.json'))('node-api-headers')
  const made = join(root, 'build/headers')
  const target = join(made, 'include/node')
  mkdirSync(target, { recursive: true })
  for (const file of readdirSync(source)) copyFileSync(join(source, file), join(target, file))
  writeFileSync(join(target, 'common.gypi'), JSON.stringify(commonGypi))
  writeFileSync(join(target, 'config.gypi'), JSON.stringify({ target_defaults: {}, variables: { node_shared: false } }))
  return made
}
