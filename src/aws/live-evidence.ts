import type { Alert } from '../triage/alerts/alert.js';
import { readImages, readMetrics, readTrail, readUsage } from '../triage/bundle/aws-shapes.js';
import { attempt, once } from '../triage/bundle/files.js';
import { INVENTORY_FILES, readInventory } from '../triage/bundle/inventory-shapes.js';
import { redact } from '../triage/bundle/redact.js';
import type { SeenEvidence } from '../triage/bundle/save-bundle.js';
import { measureNat } from '../triage/evidence/nat-metrics.js';
import { flowOnset, mainOnset } from '../triage/onset.js';
import type { EvidenceSources, FlowReading, Inventory, Reading } from '../triage/sources.js';
import { DAY_MS, HOUR_MS } from '../units.js';
import type { AwsAccess } from './access.js';
import { within } from './ask.js';
import { readUsageByType } from './cost-explorer.js';
import { describeImages } from './ecr.js';
import { mergeNetworks, mergeTrails } from './live-merge.js';
import { type LivePlace, natIdsOf } from './live-places.js';
import type { TrailDocument, TrailMoment, TrailReader } from './trail.js';
import { readTriageMetrics } from './triage-metrics.js';

/** A window of time, UTC ms. */
interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What does not come from AWS: the store, and the files that name addresses. */
export interface LocalEvidence {
  /** The store's sums in a window; absent where nothing is read. */
  readonly flows: (window: Window) => Promise<Reading<FlowReading>>;
  /** The same rows as log objects, by path in a bundle. */
  readonly flowFiles: (reading: FlowReading, window: Window) => Promise<Readonly<Record<string, Uint8Array>>>;
  readonly owners: EvidenceSources['owners'];
  readonly remotes: EvidenceSources['remotes'];
  /** owners.yaml, ip-ranges.json and asn.csv as they are, by path in a bundle. */
  readonly nameFiles: () => Promise<Readonly<Record<string, Uint8Array>>>;
}

export interface LiveEvidence {
  readonly sources: EvidenceSources;
  /** What was seen until now, for a bundle. */
  readonly seen: () => Promise<SeenEvidence>;
}

/** Flow logs from this long before the onset show the quiet; the diagnosis compares like hours. */
const FLOWS_BEFORE_MS = 3 * DAY_MS;
const FLOWS_MOST_MS = 15 * DAY_MS;
/** Just before the diagnosis gives up a source, so that a search that was not finished is kept as far as it came. */
const ALL_MS = 42_000;
const METRICS_MS = 20_000;
/** Neighbours that are asked for changes: each has its own rate, and few deploy what talks through this gateway. */
const MOST_TRAILS = 6;

/**
 * Evidence of one incident, from AWS and the store. Every answer is kept as the document that a bundle would hold,
 * redacted, and read by the bundle's own readers: so what is judged now is what a saved bundle gives again.
 */
export function openLiveEvidence(
  deps: { readonly access: Pick<AwsAccess, 'client'>; readonly trail: TrailReader; readonly local: LocalEvidence },
  incident: {
    readonly found: LivePlace;
    readonly alert: Alert;
    readonly payload: string;
    readonly nowMs: number;
    readonly signal: AbortSignal;
  },
): LiveEvidence {
  const { access, trail, local } = deps;
  const { found, alert, payload, nowMs } = incident;
  const signal = within(ALL_MS, incident.signal);
  const { place, neighbours, network } = found;
  const documents: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  const absents: Record<string, string> = {};
  const lacking: Record<string, readonly string[]> = {};

  /** Keeps what a source gave, as a bundle will. */
  const keep = <T>(key: string, reading: Reading<T>): Reading<T> => {
    if (reading.state === 'failed') errors[key] = reading.error;
    if (reading.state === 'absent') absents[key] = reading.reason;
    if (reading.state === 'read' && reading.lacks !== undefined && reading.lacks.length > 0)
      lacking[key] = reading.lacks;
    return reading;
  };
  const document = <T>(key: string, path: string, ask: () => Promise<Reading<unknown>>, read: (value: unknown) => T) =>
    once(async (): Promise<Reading<T>> => {
      const answer = await ask();
      if (answer.state !== 'read') return keep(key, answer);
      const clean = redact(answer.value);
      documents[path] = clean;
      const reading = await attempt(async () => read(clean));
      return keep(key, reading.state === 'read' && answer.lacks ? { ...reading, lacks: answer.lacks } : reading);
    });

  const metrics = document(
    'cloudwatch',
    'cloudwatch/metrics.json',
    () =>
      attempt(async () =>
        readTriageMetrics(access, place, natIdsOf(await network(place)), nowMs, within(METRICS_MS, signal)),
      ).then(
        (reading): Reading<unknown> =>
          reading.state === 'read'
            ? { state: 'read', value: reading.value.series, lacks: [...found.lacks, ...reading.value.lacks] }
            : reading,
      ),
    readMetrics,
  );

  /** What the metrics say of the beginning; measuring six weeks takes a while, so once for all who ask. */
  const meteredOnset = once(async (): Promise<TrailMoment | null> => {
    const read = await metrics();
    return read.state === 'read' ? mainOnset(measureNat(read.value)) : null;
  });

  /** When it began, as far as the metrics tell; else the logs. */
  const moment = once(async (): Promise<TrailMoment | null> => {
    if ((await metrics()).state === 'read') return meteredOnset();
    const logs = await flows();
    return logs.state === 'read' ? flowOnset(logs.value) : null;
  });

  const flowWindow = once(async (): Promise<Window> => {
    const onset = await meteredOnset();
    const fromMs = (onset?.earliestMs ?? alert.startsAtMs ?? nowMs) - FLOWS_BEFORE_MS;
    return { fromMs: Math.max(fromMs, nowMs - FLOWS_MOST_MS), toMs: nowMs };
  });
  const flows = once(async (): Promise<Reading<FlowReading>> => {
    const reading = await local.flows(await flowWindow());
    if (reading.state !== 'read') return keep('flow-logs', reading);
    const ids = new Set([...alert.natGatewayIds, ...natIdsOf(await network(place)), ...(await meteredIds(metrics))]);
    return keep('flow-logs', { ...reading, value: ofGateways(reading.value, ids) });
  });

  const inventory = once(async (): Promise<Reading<Inventory>> => {
    const own = await network(place);
    const failures = Object.values(own).flatMap((reading) => (reading.state === 'failed' ? [reading.error] : []));
    if (failures.length === INVENTORY_FILES.length)
      return keep('ec2', { state: 'failed' as const, error: failures[0] ?? '' });
    const around = await Promise.all(neighbours.map(async (one) => [one, await network(one)] as const));
    const { merged, lacks } = mergeNetworks(own, around);
    for (const [file, value] of Object.entries(merged)) documents[`ec2/${file}.json`] = redact(value);
    const clean = Object.fromEntries(Object.keys(merged).map((file) => [file, documents[`ec2/${file}.json`]]));
    const reading = await attempt(async () => readInventory(clean));
    const why = failures.map((error) => error.replace(/\.$/, ''));
    return keep('ec2', reading.state === 'read' ? { ...reading, lacks: [...lacks, ...why] } : reading);
  });

  const changes = document(
    'cloudtrail',
    'cloudtrail/events.json',
    async () => {
      const at = (await moment()) ?? { earliestMs: alert.startsAtMs ?? nowMs - HOUR_MS, latestMs: nowMs };
      const others = neighbours.slice(0, MOST_TRAILS);
      const looks = await Promise.all([place, ...others].map((one) => trail.look(one, at, signal)));
      return mergeTrails(place, looks[0] as Reading<TrailDocument>, others, looks.slice(1));
    },
    readTrail,
  );

  const images = document(
    'ecr',
    'ecr/images.json',
    () =>
      attempt(() => describeImages(access, place, signal)).then(
        (reading): Reading<unknown> =>
          reading.state === 'read'
            ? {
                state: 'read',
                value: { imageDetails: reading.value.imageDetails },
                lacks: reading.value.left > 0 ? ['more images than were read; the first repositories were taken'] : [],
              }
            : reading,
      ),
    readImages,
  );

  const usage = document(
    'cost-explorer',
    'cost-explorer/usage.json',
    async () => {
      const fromMs = ((await moment())?.earliestMs ?? nowMs - 7 * DAY_MS) - 7 * DAY_MS;
      const reading = await attempt(() => readUsageByType(access, place, { fromMs, toMs: nowMs }, signal));
      if (reading.state !== 'read') return reading;
      const { isWhole, ResultsByTime } = reading.value;
      return {
        state: 'read',
        value: { ResultsByTime },
        lacks: isWhole ? [] : ['the bill has more pages than were paid for'],
      };
    },
    readUsage,
  );

  return {
    sources: {
      account: { ...place, nowMs },
      alert,
      metrics,
      trail: changes,
      inventory,
      images,
      usage,
      flows,
      owners: once(async () => keep('owners', await local.owners())),
      remotes: once(local.remotes),
    },
    seen: async () => {
      const logs = await flows();
      const files = logs.state === 'read' ? await local.flowFiles(logs.value, await flowWindow()) : {};
      return {
        account: { ...place, nowMs },
        alert: payload,
        documents,
        files: { ...files, ...(await local.nameFiles()) },
        errors,
        notes: { absent: absents, lacks: lacking },
      };
    },
  };
}

async function meteredIds(metrics: EvidenceSources['metrics']): Promise<string[]> {
  const read = await metrics();
  return read.state === 'read' ? read.value.flatMap(({ dimensions }) => dimensions.NatGatewayId ?? []) : [];
}

/** Other accounts' gateways may be in the same store: they are another incident's. Without any id nothing is left out. */
function ofGateways(reading: FlowReading, ids: ReadonlySet<string>): FlowReading {
  if (ids.size === 0) return reading;
  const isOwn = (id: string | null) => id === null || ids.has(id) || !id.startsWith('nat-');
  return {
    ...reading,
    sums: reading.sums.filter(({ natGatewayId }) => isOwn(natGatewayId)),
    outside: reading.outside.filter(({ natGatewayId }) => isOwn(natGatewayId)),
    natGatewaysSeen: reading.natGatewaysSeen.filter(isOwn),
    gateways: reading.gateways.filter(({ id }) => isOwn(id)),
  };
}
