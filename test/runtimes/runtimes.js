// The only list of the runtimes that the suite runs on, which come from npm packages.
import { lacking } from './lacking.js'

/** `lacks`: the parts of the suite that do not apply there, and why. */
export const runtimes = [
  { name: 'Node 20', program: 'node-20/bin/node' },
  { name: 'Node 22', program: 'node-22/bin/node' },
  { name: 'Node 24', program: 'node-24/bin/node' },
  { name: 'Node 26', program: 'node-26/bin/node' },
  { name: 'Bun', program: '@oven/bun-linux-x64/bin/bun', lacks: lacking.bun },
  { name: 'Deno', program: '@deno/linux-x64-glibc/deno', args: ['run', '-A'], lacks: lacking.deno },
]
