import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // What a handler's own import of 'ostler' finds when a test calls it as a plain module.
  resolve: { alias: { ostler: fileURLToPath(new URL('./runtime/index.ts', import.meta.url)) } },
  test: {
    pool: 'forks',
    reporters: ['default', './test/control-plane/left-out-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/fixtures/**'],
          testTimeout: 20_000,
          // Not the default 0: with that, vitest runs a project of one worker (as on two cores) after all others.
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Real control planes and hosts: one file at a time, after the unit tests, so that neither disturbs the other's timing.
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 90_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
