// The environments, each once. A row is
//   name, version  what is tested, and on which Node (default: 20); `on` names another runtime
//   files          what its folder holds, by name
//   where          its folder: in 'app', a project that has the package, with the tools above it (default); 'tooled': with
//                  the tools alone; 'empty': with neither
//   steps          what runs there in turn: a command with its arguments, or a function of the project that does
//                  something, and may give what a command would, { status, stdout, stderr }
//   expected       what the last prints: a text ('hello' by default) and nothing on standard error, or what both match
//   result         what docs/platforms.md says where that is not 'hello'
//   notHere        what a failure matches that is this machine's and not ours, and the reason
import { rows as bundles } from './rows/bundles.js'
import { rows as managers } from './rows/managers.js'
import { rows as node } from './rows/node.js'
import { rows as tests } from './rows/tests.js'
import { rows as typeScript } from './rows/typescript.js'

export const rows = [node, managers, typeScript, tests, bundles]
  .flat()
  .map(row => ({ version: 20, expected: 'hello', result: 'hello', where: 'app', ...row }))
  .map(row => ({ on: `Node ${row.version}`, ...row }))
