import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    disableConsoleIntercept: true,
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/closing-line.ts'],
    // Much of a test is waiting for processes: one file more at a time than there are processors.
    maxWorkers: availableParallelism() + 1,
    // Files share the modules they load, which took a sixth of all time to load anew for each of them. None of them leaves
    // anything behind in a module.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
