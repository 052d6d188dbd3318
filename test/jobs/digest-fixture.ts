import { type PostDigestsDeps, postDigests } from '../../jobs/post-digests.js';
import type { Digest } from '../../src/answers/digest.js';
import { spanOf } from '../../src/answers/digest-span.js';
import { SILENT } from '../../src/log.js';
import { readDelivery } from '../../src/state/deliveries.js';
import type { StateDb } from '../../src/state/open-state.js';
import { dueSubscriptions, pauseSubscription, settleSubscription } from '../../src/state/subscriptions.js';
import { DAY_MS } from '../../src/units.js';

/** A digest of a day that is not quiet, so that it has a thread as well. */
export function plainDigest(team: string | undefined, every: 'daily' | 'weekly', day: string): Digest {
  const amount = { bytes: 10n * 1024n ** 3n, usd: '0.450000' };
  const span = spanOf(every, day);
  return {
    team,
    span,
    total: amount,
    before: undefined,
    usual: undefined,
    month: { name: day.slice(0, 7), soFar: amount, whole: undefined, gapHours: 0, isOver: false, before: undefined },
    destinations: [{ name: 'S3', ...amount, beforeBytes: 0n }],
    movers: [],
    newcomers: [],
    incidents: undefined,
    coverage: {
      hoursAsked: 24,
      hoursWithData: 24,
      completeUntil: null,
      gatewaysWithoutLogs: [],
      skipDataRows: 0,
      noDataRows: 0,
      rejectedFlows: 0,
      malformedLines: 0,
      lowerBound: false,
    },
    days: [0, 1].map((n) => ({ dayMs: span.toMs - (2 - n) * DAY_MS, hoursKnown: 24, ...amount })),
    isQuiet: false,
    questions: { destinations: 'since=24h', days: 'since=7d by=day', clients: 'since=24h by=team' },
  };
}

/** The real job on a state, with digests that need no engine. */
export function testJob(db: StateDb, deps: Pick<PostDigestsDeps, 'post' | 'now'> & Partial<PostDigestsDeps>) {
  return postDigests({
    makeDigest: async ({ team, every, day }) => plainDigest(team, every, day),
    checkReaders: async () => {},
    name: 'post-digests',
    when: '* * * * *',
    due: (atMs) => dueSubscriptions(db, atMs),
    settle: (subscription, after) => settleSubscription(db, subscription, after),
    pause: (id, problem) => pauseSubscription(db, id, problem),
    delivery: (key) => readDelivery(db, key),
    prune: async () => {},
    log: SILENT,
    ...deps,
  });
}
