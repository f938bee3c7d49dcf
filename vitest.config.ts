import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks', // chDB holds one data directory per process
    // To load all modules anew for each file takes a tenth of the time; whoever opens a store closes it.
    isolate: false,
    setupFiles: 'test/support/every-file.ts',
    // Each is at times a store with connections of its own: half of the cores, since stores use several.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
