import { ingestInto, ingestSourcesInto } from '../answers/open-engine.js';
import { type AwsAccess, openAwsAccess } from '../aws/access.js';
import { priceOfCalls } from '../aws/call-count.js';
import { type FlowLogBucket, openFlowLogBucket } from '../aws/s3-flow-logs.js';
import type { Config } from '../config.js';
import type { IngestProgress } from '../rollups/ingest.js';
import { addReports } from '../rollups/ingest-report.js';
import type { IngestOutcome } from '../terminal/ingest-report.js';

/** From where to where flow logs are brought. */
export interface IngestPlaces {
  readonly flowLogs?: string | undefined;
  readonly buckets: readonly FlowLogBucket[];
  readonly accounts: Config['aws']['accounts'];
  readonly store: string;
  readonly logFormat?: string | undefined;
}

export interface IngestSurroundings {
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IngestProgress) => void;
  readonly keepLoopFree?: boolean;
}

/** Brings what is new of a folder, of buckets or of both into a store; the same for the command line and for the bot. */
export async function ingestFrom(places: IngestPlaces, surroundings: IngestSurroundings): Promise<IngestOutcome> {
  const { flowLogs, buckets, store, logFormat } = places;
  const { nowMs, ...options } = surroundings;
  const ofFolder =
    flowLogs === undefined ? undefined : await ingestInto(store, flowLogs, logFormat, options, buckets.length === 0);
  if (buckets.length === 0 && ofFolder !== undefined) return ofFolder;
  const access = openAwsAccess(accountsOf(places.accounts));
  try {
    const { result, calls } = await access.counted(() =>
      ingestSourcesInto(store, openBuckets(access, buckets, nowMs), logFormat, { ...options, nowMs: nowMs() }),
    );
    const { fetched, failures, ...report } = result;
    return {
      ...(ofFolder === undefined ? report : addReports(ofFolder, report)),
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

const openBuckets = (access: AwsAccess, buckets: readonly FlowLogBucket[], nowMs: () => number) =>
  buckets.map((bucket) => openFlowLogBucket(access, bucket, { nowMs }));

/** The accounts of the config as src/aws takes them. */
export const accountsOf = (accounts: Config['aws']['accounts']) =>
  accounts.map(({ id, role, externalId, regions }) => ({ accountId: id, roleArn: role, externalId, regions }));
