import { defineConfig, mergeConfig } from 'vitest/config';
import ours from './vitest.config.js';

// Tests against a real server, started by test/counterparts/run.ts: test/**/*.aws.ts, *.netbox.ts, *.trino.ts.
const name = process.env.NETCOST_COUNTERPART ?? 'aws';

const merged = mergeConfig(ours, defineConfig({ test: { testTimeout: 300_000, fileParallelism: false } }));
merged.test.include = [`test/**/*.${name}.ts`];
export default merged;
