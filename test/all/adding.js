// The pages of docs/ that show how to add something: the changes of each page apply to a copy of this tree, which then
// builds and passes the tests that the changes touch.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

const pages = {
  'docs/adding-a-syscall.md': ['test/syscalls/arguments.test.ts', 'test/syscalls/syscalls.test.ts'],
  'docs/adding-an-option.md': ['test/options/options.test.ts'],
}

const copy = mkdtempSync(join(tmpdir(), 'adding-'))
process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
for (const file of files) if (file && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file))
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

// All pages use the same copy, so that unchanged parts are not built again.
for (const [page, tests] of Object.entries(pages)) {
  console.log(page)
  const text = readFileSync(join(root, page), 'utf8')
  const diff = [...text.matchAll(/^```diff\n(.*?)^```$/gms)].map(([, block]) => block).join('')
  execFileSync('git', ['apply', '-'], { cwd: copy, input: diff, stdio: ['pipe', 'inherit', 'inherit'] })
  run(process.execPath, ['scripts/build.js'], { cwd: copy })
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'], { cwd: copy })
  const touched = [...diff.matchAll(/^\+\+\+ b\/(test\/.*\.test\.ts)$/gm)].map(([, file]) => file)
  run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--root', copy, ...touched, ...tests], { cwd: copy })
}
