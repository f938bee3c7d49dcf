import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { testFilesByEngine } from './test/house/engines.ts';

const { engine, others } = testFilesByEngine();
const common = {
  pool: 'forks', // chDB holds one data directory per process
  setupFiles: 'test/support/every-file.ts',
  testTimeout: 60_000,
  hookTimeout: 120_000,
} as const;

export default defineConfig({
  test: {
    // Each is at times a store with connections of its own: half of the cores, since stores use several.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    projects: [
      // A process that opens one store after another gets slower with each.
      { test: { ...common, name: 'engine', include: [...engine] } },
      // To load the same modules for each file anew would take longer than most of these take to run.
      { test: { ...common, name: 'others', include: [...others], isolate: false } },
    ],
  },
});
