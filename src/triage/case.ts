import type { Interval } from '../anomalies/onset.js';
import type { Alert } from './alerts/alert.js';
import type { CauseId, Confidence } from './causes.js';
import type { ChangeSet } from './evidence/changes.js';
import type { Evidence, EvidenceSource } from './evidence/evidence.js';
import type { NatMetrics } from './evidence/nat-metrics.js';
import type { RemoteEnd } from './evidence/remotes.js';
import type { Component, Talkers } from './evidence/talkers.js';
import type { ClientPlace } from './evidence/workloads.js';
import type { Fix } from './remedies/fix.js';
import type {
  Account,
  ContainerImage,
  FlowReading,
  Inventory,
  MetricSeries,
  RemoteLookup,
  Trail,
  UsageLine,
} from './sources.js';
import type { TriggerScope } from './trigger.js';

/** All that was found out, for the hypotheses to judge. Null is "not known": failed or absent, never "nothing there". */
export interface Case {
  readonly account: Account;
  readonly alert: Alert;
  readonly metrics: NatMetrics | null;
  /** Where `metrics` come from: without CloudWatch they are made from the logs' own sums. */
  readonly metricsSource: 'cloudwatch' | 'flow-logs';
  readonly flows: FlowReading | null;
  readonly talkers: Talkers | null;
  readonly inventory: Inventory | null;
  readonly trail: Trail | null;
  /** Some of what CloudTrail was asked was not answered: that something is not there cannot be said. */
  readonly isTrailPartial: boolean;
  readonly changes: readonly ChangeSet[] | null;
  /** All CloudWatch series that were read, other namespaces included. */
  readonly series: readonly MetricSeries[] | null;
  readonly images: readonly ContainerImage[] | null;
  readonly usage: readonly UsageLine[] | null;
  readonly remotes: RemoteLookup | null;
  readonly place: (address: string) => ClientPlace;
  readonly name: (address: string | null, awsService: string | null) => RemoteEnd;
  /** When the excess began; null where no series rose. */
  readonly onset: Interval | null;
  /** Bytes above the expected level from the onset to the end of the data; 0 where nothing rose. */
  readonly excess: number;
  /** Whether the excess is big enough to be somebody's bytes. */
  readonly hasExcess: boolean;
  /** Days from the onset to the end of the excess or of the data. */
  readonly days: number;
  /** USD per GB of 2^30 bytes at the gateways; null where the Region has no known price. */
  readonly usdPerGb: number | null;
  /** What stands for each source in the report, whatever the cause: status, what was asked, a sentence. */
  readonly told: ReadonlyMap<EvidenceSource, readonly Evidence[]>;
}

/** A hypothesis that the evidence supports. */
export interface Finding {
  readonly cause: CauseId;
  /** Its part of the excess; null where the cause is not one of bytes. */
  readonly excess: number | null;
  readonly confidence: Confidence;
  /** What it rests on; never empty. */
  readonly evidence: readonly Evidence[];
  /** When this cause began, where that is known better than the whole's onset. */
  readonly onset: Interval | null;
  readonly scope: TriggerScope | null;
  readonly fixes: readonly Fix[];
  /** Keys of the components that it explains: each belongs to one finding, the one that fits best. */
  readonly components: readonly string[];
  /** How well it fits, 0 to 1, against other hypotheses about the same bytes. */
  readonly fit: number;
  /** Rendered with the values of its evidence: `{key:format}`. */
  readonly headline: string;
  readonly isSecurity?: boolean;
}

/** One pure judgement: evidence in, finding or nothing out. */
export type Hypothesis = (found: Case) => Finding | null;

/** A component smaller than a tenth of the excess is weather beside the others. */
const MIN_SHARE = 0.1;
/** … and one that grew by less than half is not what changed. */
const MIN_GROWTH = 1.5;

/** Half of the excess went elsewhere, or came from elsewhere, than the traffic before. */
const MIN_SHIFT = 0.5;

/** The components that changed enough to be a cause. Empty where nothing is above the expected level. */
export function changedComponents(found: Case): readonly Component[] {
  if (!found.hasExcess || !found.talkers) return [];
  if (!found.talkers.hasQuiet) {
    // Sizes alone: what is as big as nearly all of the excess can be what changed, if there is only one such.
    // Logs that were turned on after the onset hold their part of the hours alone, and so of the excess.
    const { afterHours, components } = found.talkers;
    const covered = found.excess * Math.min(1, afterHours / (found.days * 24));
    const big = components.filter((one) => one.afterPerHour * afterHours > 0.8 * covered);
    return big.length === 1 ? big : [];
  }
  // Over a few days of history a weekday after a weekend looks like a rise: then only a change of who talks to whom counts.
  const isWeak = found.metrics !== null && found.metrics.rise?.baseline.kind !== 'seasonal';
  if (isWeak && ((found.talkers.mixShift ?? 1) + (found.talkers.clientShift ?? 1)) / 2 < MIN_SHIFT) return [];
  return found.talkers.components.filter(
    (one) => one.excess >= MIN_SHARE * found.excess && one.afterPerHour >= MIN_GROWTH * one.quietPerHour,
  );
}

/** The clients that carry most of a component's excess: nine tenths, at most a hundred. */
export function mainClients(component: Component): readonly ClientPlace[] {
  const places: ClientPlace[] = [];
  const total = component.clients.reduce((sum, client) => sum + Math.max(0, client.excess), 0);
  let sum = 0;
  for (const client of component.clients) {
    if (client.excess <= 0 || sum >= 0.9 * total || places.length >= 100) break;
    sum += client.excess;
    places.push(client.place);
  }
  return places;
}

/** Evidence of a source that the report holds anyway. */
export function toldBy(found: Case, ...sources: readonly EvidenceSource[]): Evidence[] {
  return sources.flatMap((source) => (found.told.get(source) ?? []).filter((one) => one.status === 'found'));
}
