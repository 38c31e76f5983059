import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { leftOut } from './test/runtimes/lacking.js'

const node = process.versions.bun === undefined && process.versions.deno === undefined

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/all/**', '**/node_modules/**', ...leftOut],
    setupFiles: node ? [] : ['test/runtimes/setup.js'],
    pool: 'forks',
    // Most of the time a test waits for another process: one worker, as there would be on two cores, leaves them idle.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    testTimeout: 30_000,
    slowTestThreshold: 60_000, // a line for each file tells enough; a test that takes longer has failed
    hookTimeout: 30_000,
  },
})
