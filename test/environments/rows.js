// The environments, each once. A row has
//   name, version  its title, and the version of Node (default: 20); `on` names another runtime
//   files          the files of its folder, by name
//   where          the parent of its folder. 'app': a project that has the package, with the tools above it (default);
//                  'tooled': only the tools; 'empty': neither
//   steps          run in turn: a command with its arguments, or a function that gets the project and may return what a
//                  command would, { status, stdout, stderr }
//   expected       the output of the last step: a string on standard output (default: 'hello') and nothing on standard
//                  error; or a RegExp that matches both together
//   result         the result in docs/platforms.md if it is not 'hello'
//   notHere        a RegExp for failures that this machine causes, and the reason
import { rows as bundles } from './rows/bundles.js'
import { rows as managers } from './rows/managers.js'
import { rows as node } from './rows/node.js'
import { rows as tests } from './rows/tests.js'
import { rows as typeScript } from './rows/typescript.js'

export const rows = [node, managers, typeScript, tests, bundles]
  .flat()
  .map(row => ({ version: 20, expected: 'hello', result: 'hello', where: 'app', ...row }))
  .map(row => ({ on: `Node ${row.version}`, ...row }))
