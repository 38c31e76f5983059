// docs/adding-a-syscall.md: the change that it shows applies to a copy of this tree, which builds then, and passes the
// tests that the change touches.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

const page = readFileSync(join(root, 'docs/adding-a-syscall.md'), 'utf8')
const diff = [...page.matchAll(/^```diff\n(.*?)^```$/gms)].map(([, block]) => block).join('')

const copy = mkdtempSync(join(tmpdir(), 'adding-a-syscall-'))
process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
for (const file of files) if (file && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file))
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

execFileSync('git', ['apply', '-'], { cwd: copy, input: diff, stdio: ['pipe', 'inherit', 'inherit'] })
run(process.execPath, ['scripts/build.js'], { cwd: copy })
const touched = [...diff.matchAll(/^\+\+\+ b\/(test\/.*\.test\.ts)$/gm)].map(([, file]) => file)
const tests = [...touched, 'test/syscalls/arguments.test.ts', 'test/syscalls/syscalls.test.ts']
run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--root', copy, ...tests], { cwd: copy })
