import { defineConfig, mergeConfig } from 'vitest/config';
import ours from './vitest.config.js';

// Tests against a real server, started by test/counterparts/run.ts: test/**/*.aws.ts, *.netbox.ts, *.trino.ts.
const name = process.env.NETCOST_COUNTERPART ?? 'aws';

const merged = mergeConfig(
  ours,
  // Two tests that wait for the server at once where they say that they may: as many as there are cores.
  defineConfig({ test: { testTimeout: 600_000, fileParallelism: false, maxConcurrency: 2 } }),
);
merged.test.include = [`test/**/*.${name}.ts`];
export default merged;
