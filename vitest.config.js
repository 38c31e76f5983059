import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import { leftOut } from './test/runtimes/lacking.js'

const node = process.versions.bun === undefined && process.versions.deno === undefined

// Files that wait for long start first, so that the last worker is not left alone with one. Then vitest takes the largest first.
const long = /\/(servers-ts|http-ts|chapters|recipes-[ab]|examples|workers|callbacks|faults|counts|body)\.test\.ts$/

class Sequencer extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }) => long.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter(file => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/all/**', '**/node_modules/**', ...leftOut],
    setupFiles: node ? [] : ['test/runtimes/setup.js'],
    pool: 'forks',
    sequence: { sequencer: Sequencer },
    // Most of the time a test waits for another process: one worker, as there would be on two cores, leaves them idle.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    testTimeout: 30_000,
    slowTestThreshold: 60_000, // a line for each file tells enough; a test that takes longer has failed
    hookTimeout: 30_000,
  },
})
