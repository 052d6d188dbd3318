import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

/** The tests that kill processes at random moments, ten times as often as `npm test` does. */
export default defineConfig({
  test: {
    ...config.test,
    include: ['test/**/*.kill.test.ts'],
    testTimeout: 3_600_000,
    env: { ...config.test?.env, NETCOST_KILLS: '200' },
  },
});
