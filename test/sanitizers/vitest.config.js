// The tests on a build with other compiler flags: slower, and their processes end by themselves, so that they can report.
import { tmpdir } from 'node:os'
import { defineConfig, mergeConfig } from 'vitest/config'
import config from '../../vitest.config.js'

export default mergeConfig(
  config,
  defineConfig({
    test: {
      // With this option vitest's workers exit at SIGTERM; otherwise they are ended by it.
      execArgv: [`--diagnostic-dir=${tmpdir()}`],
      setupFiles: ['test/sanitizers/setup.js'],
      testTimeout: 180_000,
      slowTestThreshold: 600_000,
      hookTimeout: 180_000,
    },
  }),
)
