import { ingestInto, ingestSourcesInto } from '../answers/open-engine.js';
import { type AwsAccess, openAwsAccess } from '../aws/access.js';
import { priceOfCalls } from '../aws/call-count.js';
import { type LogGroup, openLogGroup } from '../aws/log-group-source.js';
import { type FlowLogBucket, openFlowLogBucket } from '../aws/s3-flow-logs.js';
import type { Config } from '../config.js';
import type { IngestProgress } from '../rollups/ingest.js';
import { addReports } from '../rollups/ingest-report.js';
import type { IngestOutcome } from '../terminal/ingest-report.js';

/** From where to where flow logs are brought. */
export interface IngestPlaces {
  readonly flowLogs?: string | undefined;
  readonly buckets: readonly FlowLogBucket[];
  readonly logGroups: readonly LogGroup[];
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

/** Brings what is new of a folder, of buckets and of log groups into a store; the same for the command line and for the bot. */
export async function ingestFrom(places: IngestPlaces, surroundings: IngestSurroundings): Promise<IngestOutcome> {
  const { flowLogs, buckets, logGroups, store, logFormat } = places;
  const isRemote = buckets.length > 0 || logGroups.length > 0;
  const { nowMs, ...options } = surroundings;
  const ofFolder =
    flowLogs === undefined ? undefined : await ingestInto(store, flowLogs, logFormat, options, !isRemote);
  if (!isRemote && ofFolder !== undefined) return ofFolder;
  const access = openAwsAccess(accountsOf(places.accounts));
  try {
    const { result, calls } = await access.counted(() =>
      ingestSourcesInto(store, openSources(access, places, nowMs), logFormat, { ...options, nowMs: nowMs() }),
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

const openSources = (access: AwsAccess, { buckets, logGroups }: IngestPlaces, nowMs: () => number) => [
  ...buckets.map((bucket) => openFlowLogBucket(access, bucket, { nowMs })),
  ...logGroups.map((group) => openLogGroup(access, group, { nowMs })),
];

/** The accounts of the config as src/aws takes them. */
export const accountsOf = (accounts: Config['aws']['accounts']) =>
  accounts.map(({ id, role, externalId, regions }) => ({ accountId: id, roleArn: role, externalId, regions }));
