import { defineConfig } from 'vitest/config'
import main from './vitest.config.js'

/** The fault matrix: every experiment with every fault. It takes minutes, so that it is not part of `npm test`. */
export default defineConfig({
  ...main,
  test: { ...main.test, include: ['test/faults/**/*.matrix.ts'], testTimeout: 120_000, maxConcurrency: 4 },
})
