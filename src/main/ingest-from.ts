import { ingestInto } from '../answers/ingest-into.js';
import type { LogGroup } from '../aws/log-group-source.js';
import type { FlowLogBucket } from '../aws/s3-flow-logs.js';
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
  const { nowMs: _, ...options } = surroundings;
  const ofFolder =
    flowLogs === undefined ? undefined : await ingestInto(store, flowLogs, logFormat, options, !isRemote);
  if (!isRemote && ofFolder !== undefined) return ofFolder;
  // AWS's SDK takes half a second to load, which a folder need not wait for.
  const { ingestFromAws } = await import('./ingest-from-aws.js');
  const { remote, ...report } = await ingestFromAws(places, surroundings);
  return { ...(ofFolder === undefined ? report : addReports(ofFolder, report)), remote };
}
