import { ingestFrom } from '../../src/main/ingest-from.js';

// A process to be killed: ingests a bucket. Says when it begins, how far it is, and at the end what it did.
const [bucket = '', prefix = '', store = '', now = '', days = '30'] = process.argv.slice(2);
process.stdout.write('begun\n');
let mostRss = 0;
const watch = setInterval(() => {
  mostRss = Math.max(mostRss, process.memoryUsage.rss());
}, 50);
const report = await ingestFrom(
  {
    buckets: [
      {
        name: bucket,
        prefix,
        place: { accountId: '123456789012', region: 'us-east-1' },
        days: Number(days),
        accounts: undefined,
        regions: undefined,
      },
    ],
    accounts: [],
    logGroups: [],
    store,
  },
  {
    nowMs: () => Date.parse(now),
    elapsedMs: () => performance.now(),
    onProgress: ({ objectsDone }) => process.stdout.write(`read ${objectsDone}\n`),
  },
);
clearInterval(watch);
const { objectsRead, objectsKnown, rows, duplicates, tookMs, remote } = report;
process.stdout.write(
  `done ${JSON.stringify({ objectsRead, objectsKnown, rows, duplicates, tookMs, mostRss, remote: { ...remote, failures: remote?.failures.map(({ error }) => error.message) } })}\n`,
);
