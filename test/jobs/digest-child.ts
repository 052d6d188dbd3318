import { randomUUID } from 'node:crypto';
import { WebClient } from '@slack/web-api';
import { SILENT } from '../../src/log.js';
import { boltLogger } from '../../src/slack/bolt-logger.js';
import { createPoster } from '../../src/slack/post.js';
import { POST_CLIENT_OPTIONS } from '../../src/slack/slack-client.js';
import { openState } from '../../src/state/open-state.js';
import { dueSubscriptions } from '../../src/state/subscriptions.js';
import { testJob } from './digest-fixture.js';

// A process to be killed: one replica that posts what is due until nothing is. Says when it begins and when it is done.
const [place = '', slackApiUrl = '', token = '', aheadMs = '0'] = process.argv.slice(2);
const now = () => Date.now() + Number(aheadMs);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const state = await openState(
  place.startsWith('postgres:') ? { kind: 'postgres', url: place } : { kind: 'sqlite', file: place },
);
const client = new WebClient(token, {
  ...POST_CLIENT_OPTIONS,
  timeout: 5_000,
  slackApiUrl,
  logger: boltLogger(SILENT),
});
const poster = createPoster({
  ...{ client, db: state.db, now, sleep, newId: randomUUID, log: SILENT, settleMs: 50, leaseMs: 1_500 },
  pace: async () => {},
});
const job = testJob(state.db, { post: poster.post, now });
process.stdout.write('begun\n');
while ((await dueSubscriptions(state.db, now())).length > 0) {
  await job.run(new AbortController().signal);
  await sleep(50);
}
process.stdout.write('done\n');
await state.close();
process.exit(0);
