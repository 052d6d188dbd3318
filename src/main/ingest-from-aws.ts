import { ingestSourcesInto } from '../answers/ingest-into.js';
import { type AwsAccess, openAwsAccess } from '../aws/access.js';
import { priceOfCalls } from '../aws/call-count.js';
import { openLogGroup } from '../aws/log-group-source.js';
import { openFlowLogBucket } from '../aws/s3-flow-logs.js';
import type { IngestOutcome } from '../terminal/ingest-report.js';
import { accountsOf } from './accounts.js';
import type { IngestPlaces, IngestSurroundings } from './ingest-from.js';

/** Brings what is new of buckets and log groups into a store, with what AWS was asked for it and what that costs. */
export async function ingestFromAws(
  places: IngestPlaces,
  { nowMs, ...options }: IngestSurroundings,
): Promise<IngestOutcome & Required<Pick<IngestOutcome, 'remote'>>> {
  const { store, logFormat } = places;
  const access = openAwsAccess(accountsOf(places.accounts));
  try {
    const { result, calls } = await access.counted(() =>
      ingestSourcesInto(store, openSources(access, places, nowMs), logFormat, { ...options, nowMs: nowMs() }),
    );
    const { fetched, failures, ...report } = result;
    return {
      ...report,
      remote: {
        ...fetched,
        requests: calls.reduce((sum, { requests }) => sum + requests, 0),
        usd: priceOfCalls(calls).toFixed(),
        failures,
      },
    };
  } finally {
    access.close();
  }
}

const openSources = (access: AwsAccess, { buckets, logGroups }: IngestPlaces, nowMs: () => number) => [
  ...buckets.map((bucket) => openFlowLogBucket(access, bucket, { nowMs })),
  ...logGroups.map((group) => openLogGroup(access, group, { nowMs })),
];
