import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// A worker is a thread: what is forked by an emulated process would not be emulated. Everything takes many times longer.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    maxWorkers: 2,
    setupFiles: [join(import.meta.dirname, 'exec-path.js')],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
