import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests that start netcost as a process start what is compiled.
    globalSetup: ['test/compile.ts'],
    // Ends what hangs; a busy machine is no failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores here and in CI: more files at once only make the timing of each worse.
    maxWorkers: 2,
    // Threads of the ingest run the sources as they are.
    execArgv: ['--import', 'tsx'],
    env: { NO_COLOR: '1', TZ: 'UTC' },
  },
});
