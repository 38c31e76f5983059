// The matrix of faults for most of a minute, with the cells that the seed chooses: `npm test` makes fewer, and
// `npm run campaigns -- faults` all: FAULTS=all. FAULTS_SECONDS is when it stops, FAULTS_JOBS the programs at a time.
import { join } from 'node:path'
import { run } from '../../scripts/run.js'
import { root } from '../../scripts/stamp.js'

if (process.platform !== 'linux') {
  console.log('skipped: the faults are those of Linux')
  process.exit(77)
}
const { FAULTS, FAULTS_SECONDS = '', FAULTS_JOBS = '2' } = process.env
const size =
  FAULTS === 'all'
    ? ['--write', '--jobs', FAULTS_JOBS, ...(FAULTS_SECONDS === '' ? [] : ['--seconds', FAULTS_SECONDS])]
    : ['--quiet', '--cells', '2500', '--seconds', '45']
run(process.execPath, [join(root, 'test/faults/matrix.js'), ...size])
