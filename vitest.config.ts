import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const END_TO_END = { testTimeout: 180_000, hookTimeout: 90_000, maxWorkers: 1 }

/** Under load, or by the clock: a minute and more each, a quarter of an hour together. `npm test` leaves them to .ci/run. */
const LONG = [
  'api-faults',
  'bad-input',
  'containment',
  'fault-run',
  'host-death',
  'hot-loop',
  'hot-reload',
  'impersonation',
  'lease',
  'poisoned-key',
  'soak',
  'swap-oracle',
].map((name) => `test/e2e/${name}.test.ts`)

export default defineConfig({
  // What a handler's own import of 'ostler' finds when a test calls it as a plain module.
  resolve: {
    alias: {
      'ostler/testing': fileURLToPath(new URL('./runtime/testing.ts', import.meta.url)),
      ostler: fileURLToPath(new URL('./runtime/index.ts', import.meta.url)),
    },
  },
  test: {
    pool: 'forks',
    reporters: ['default', './test/control-plane/left-out-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'handlers/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/fixtures/**', 'test/conformance/real.test.ts'],
          testTimeout: 20_000,
          // Not the default 0: with that, vitest runs a project of one worker (as on two cores) after all others.
          sequence: { groupOrder: 1 },
        },
      },
      {
        // API servers and hosts: one file at a time, after the unit tests, so that neither disturbs the other's timing.
        extends: true,
        test: {
          ...END_TO_END,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/conformance/real.test.ts'],
          exclude: LONG,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: { ...END_TO_END, name: 'e2e-long', include: LONG, sequence: { groupOrder: 3 } },
      },
    ],
  },
})
