import { ingestFolder } from '../../src/rollups/ingest.js';
import { openStore } from '../../src/rollups/store.js';

// A process to be killed: ingests a folder in many small batches and makes the rollups. Says when it begins.
const [flowLogs = '', dir = ''] = process.argv.slice(2);
const store = await openStore(dir, { create: true });
process.stdout.write('begun\n');
await ingestFolder(store.catalog, { flowLogs, batchBytes: 20_000, elapsedMs: () => performance.now() });
await store.settle();
store.close();
process.stdout.write('done\n');
