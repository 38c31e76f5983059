import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Workers are threads: a process that an emulated process starts would not be emulated. Everything takes much longer.
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
