// Each allocation of the addon fails once; test/syscalls/allocations.test.ts tries a sample.
import { spawnSync } from 'node:child_process'
import { root } from '../../scripts/stamp.js'

const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/syscalls/allocations.test.ts']
const env = { ...process.env, ALL_ALLOCATIONS: '1' }
process.exitCode = spawnSync(process.execPath, vitest, { cwd: root, stdio: 'inherit', env }).status === 0 ? 0 : 1
