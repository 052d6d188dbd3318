import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // Two cores here and in CI: more files at once only make the timing of each worse.
    maxWorkers: 2,
    env: { NO_COLOR: '1', TZ: 'UTC' },
  },
});
