import type { Interval } from '../anomalies/onset.js';
import { type Case, type Finding, toldBy } from './case.js';
import { CAUSE_IDS } from './causes.js';
import type { Evidence, EvidenceSource } from './evidence/evidence.js';
import { at, evidence, render } from './evidence/say.js';
import { findGaps, hiddenVpcs } from './gaps.js';
import { gather } from './gather.js';
import { HYPOTHESES } from './hypotheses/all.js';
import { shareOf } from './hypotheses/component-evidence.js';
import { usdOf, usdPerDay } from './remedies/money.js';
import type { Chart, Diagnosed, DiagnosedCause, Diagnosis, NumberedEvidence } from './report.js';
import type { EvidenceSources } from './sources.js';
import { findTrigger, type Trigger } from './trigger.js';

/**
 * Diagnoses one incident: gathers evidence, lets every hypothesis judge it, gives each part of the traffic to the one
 * that fits best, ranks them, looks for what triggered them and says what could not be known. `elapsedMs` tells how
 * long it took (the caller owns the clock).
 */
export async function diagnose(sources: EvidenceSources, elapsedMs: () => number): Promise<Diagnosed> {
  const { found, readings } = await gather(sources);
  const findings = rank(arbitrate(judge(found)), found);
  const triggers = findings.map((finding) => triggerOf(found, finding));
  const shelf = numberEvidence(found, findings, triggers);
  const causes = findings.map((finding, index) => describeCause(found, finding, triggers[index] ?? null, shelf));
  const report: Diagnosis = {
    alert: {
      kind: sources.alert.kind,
      id: sources.alert.id,
      natGatewayIds: gatewaysOf(found),
      ...(sources.alert.usd === undefined ? {} : { usd: sources.alert.usd }),
    },
    onset: onsetOf(found, findings),
    status: statusOf(found),
    causes,
    evidence: shelf.all,
    gaps: findGaps(found, readings, findings),
    security: findings.some((finding) => finding.isSecurity === true),
    headline: headlineOf(found, findings[0] as Finding),
    tookMs: Math.round(elapsedMs()),
  };
  return { report, chart: chartOf(found, report) };
}

/** A day before the onset shows what is usual; without an onset the last two days do. */
const CHART_BEFORE_MS = 24 * 3_600_000;
const CHART_QUIET_MS = 48 * 3_600_000;

function chartOf(found: Case, report: Diagnosis): Chart | null {
  const { metrics } = found;
  if (!metrics) return null;
  const onsetMs = report.onset ? Date.parse(report.onset.earliest) : null;
  const fromMs = onsetMs === null ? metrics.lastMs - CHART_QUIET_MS : onsetMs - CHART_BEFORE_MS;
  const hours = metrics.total.filter((point) => point.atMs >= fromMs);
  return {
    hours,
    expected: hours.map((point) => metrics.rise?.baseline.expected(point.atMs) ?? null),
    onset: report.onset
      ? { earliestMs: Date.parse(report.onset.earliest), latestMs: Date.parse(report.onset.latest) }
      : null,
  };
}

function judge(found: Case): Finding[] {
  return CAUSE_IDS.filter((id) => id !== 'unknown').flatMap((id) => HYPOTHESES[id](found) ?? []);
}

/** Each component belongs to the finding that fits it best; a finding that is left without its bytes is dropped. */
function arbitrate(findings: readonly Finding[]): Finding[] {
  const taken = new Set<string>();
  const kept: Finding[] = [];
  for (const finding of [...findings].sort((a, b) => b.fit - a.fit)) {
    const isTaken = finding.components.length > 0 && finding.components.every((key) => taken.has(key));
    // Two stories about the shape of the network exclude each other; the better one stands.
    const isSecondShape =
      finding.components.length === 0 &&
      finding.excess === null &&
      kept.some((one) => isShape(one)) &&
      isShape(finding);
    if (isTaken || isSecondShape) continue;
    for (const key of finding.components) taken.add(key);
    kept.push(finding);
  }
  return kept;
}

const SHAPES = new Set(['double-nat', 'cross-az-nat', 'traffic-moved', 'idle-nat', 'not-nat']);

function isShape(finding: Finding): boolean {
  return SHAPES.has(finding.cause);
}

function rank(findings: readonly Finding[], found: Case): Finding[] {
  if (findings.length === 0) return [HYPOTHESES.unknown(found) as Finding];
  return [...findings].sort((a, b) => (b.excess ?? -1) - (a.excess ?? -1) || b.fit - a.fit);
}

function triggerOf(found: Case, finding: Finding): Trigger | null {
  const onset = finding.onset ?? found.onset;
  return finding.scope && found.changes && onset ? findTrigger(found.changes, onset, finding.scope) : null;
}

interface Shelf {
  readonly all: readonly NumberedEvidence[];
  readonly idOf: (one: Evidence) => string;
  readonly triggerId: (trigger: Trigger) => string;
}

const ORDER: readonly EvidenceSource[] = [
  'cloudwatch',
  'flow-logs',
  'cloudtrail',
  'ec2',
  'ecr',
  'cost-explorer',
  'prices',
];

/** Numbers all evidence once: what every report holds, what the findings made, and the triggers. */
function numberEvidence(found: Case, findings: readonly Finding[], triggers: readonly (Trigger | null)[]): Shelf {
  const ids = new Map<Evidence, string>();
  const all: NumberedEvidence[] = [];
  const add = (one: Evidence) => {
    if (ids.has(one)) return;
    const id = `e${all.length + 1}`;
    ids.set(one, id);
    all.push({ id, ...one });
  };
  for (const source of ORDER) for (const one of found.told.get(source) ?? []) add(one);
  for (const finding of findings) for (const one of finding.evidence) add(one);
  const ofTrigger = new Map<Trigger, Evidence>();
  for (const trigger of triggers) {
    if (!trigger) continue;
    const one = triggerEvidence(trigger);
    ofTrigger.set(trigger, one);
    add(one);
  }
  for (const finding of findings.slice(0, 1)) {
    // Where the search was cut off, or one of the accounts did not answer, nobody knows that there was no change.
    if (found.changes && finding.scope && triggers[0] === null && !found.trail?.truncated && !found.isTrailPartial) {
      add(
        evidence(
          'cloudtrail',
          'none',
          'changes that speak of these talkers or their path, before the onset',
          'CloudTrail shows not one change of these workloads or of their path shortly before the onset',
          {},
        ),
      );
    }
  }
  return {
    all,
    idOf: (one) => ids.get(one) as string,
    triggerId: (trigger) => ids.get(ofTrigger.get(trigger) as Evidence) as string,
  };
}

function triggerEvidence(trigger: Trigger): Evidence {
  const counts = new Map<string, number>();
  for (const event of trigger.events) counts.set(event.name, (counts.get(event.name) ?? 0) + 1);
  return evidence(
    'cloudtrail',
    'found',
    'the change set that best explains the onset',
    '{calls:list} by {principal} from {at:time} on precede it',
    {
      calls: [...counts]
        .sort((x, y) => y[1] - x[1])
        .map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)),
      callCount: trigger.events.length,
      principal: trigger.set.principal,
      at: at(trigger.atMs),
    },
  );
}

function describeCause(found: Case, finding: Finding, trigger: Trigger | null, shelf: Shelf): DiagnosedCause {
  const isUnknown = finding.cause === 'unknown';
  const share = finding.excess === null ? null : isUnknown ? 1 : shareOf(found, finding.excess);
  return {
    id: finding.cause,
    share,
    confidence: capConfidence(found, finding),
    usdPerDay: finding.excess === null ? null : usdPerDay(found, finding.excess),
    evidence: [...new Set(finding.evidence.map(shelf.idOf))],
    ...(trigger
      ? {
          trigger: {
            evidence: shelf.triggerId(trigger),
            events: [...new Set(trigger.events.map((event) => event.name))],
            principal: trigger.set.principal,
            at: at(trigger.atMs),
          },
        }
      : {}),
    fixes: finding.fixes,
  };
}

/**
 * No more confidence than the data allows: high needs metrics, and for a cause of bytes also logs that join clients and
 * remotes over a quiet period, and the inventory that says what stands where.
 */
function capConfidence(found: Case, finding: Finding): Finding['confidence'] {
  const isWhole =
    found.metrics !== null && found.metricsSource === 'cloudwatch' && found.metrics.historyHours >= 7 * 24;
  const isJoined = found.flows?.hasPacketAddresses === true && found.talkers?.hasQuiet === true;
  const isPlaced = found.inventory !== null && hiddenVpcs(found, [finding]).length === 0;
  const isEnough = finding.excess === null ? isWhole && isPlaced : isWhole && isJoined && isPlaced;
  return finding.confidence === 'high' && !isEnough ? 'medium' : finding.confidence;
}

function gatewaysOf(found: Case): string[] {
  const risen = [...(found.metrics?.gatewayRises.keys() ?? [])];
  return [...new Set([...found.alert.natGatewayIds, ...risen])];
}

function onsetOf(found: Case, findings: readonly Finding[]): Diagnosis['onset'] {
  const main = findings[0] as Finding;
  const interval: Interval | null =
    main.cause === 'not-nat' ? null : main.excess === null ? (main.onset ?? found.onset) : (found.onset ?? main.onset);
  return interval ? { earliest: at(interval.earliestMs), latest: at(interval.latestMs) } : null;
}

function statusOf(found: Case): Diagnosis['status'] {
  const { metrics } = found;
  if (!metrics || !found.hasExcess || !metrics.rise) {
    return { state: found.hasExcess ? 'ongoing' : 'ended', usdSoFar: usdOf(found, found.excess), phases: [] };
  }
  return {
    state: metrics.state === 'ongoing' ? 'ongoing' : 'ended',
    until: at(metrics.untilMs),
    usdSoFar: usdOf(found, metrics.rise.excess),
    phases: metrics.phases.map((phase) => ({
      from: at(phase.fromMs),
      to: at(phase.toMs),
      bytesPerHour: Math.round(phase.perHour),
    })),
  };
}

/** The first line that a person reads: what, how much, since when; its figures are those of the evidence it rests on. */
function headlineOf(found: Case, finding: Finding): string {
  const values = Object.assign(
    {},
    ...finding.evidence.map((one) => one.values),
    ...toldBy(found, found.metricsSource).map((one) => one.values),
    ...finding.evidence.map((one) => one.values),
  );
  const says = render(finding.headline, values);
  if (finding.excess === null || excessValues(found).onsetEarliest === undefined) return capital(says);
  const usd = usdPerDay(found, finding.excess);
  const cost =
    finding.cause !== 'unknown' && usd !== null && finding.evidence.some((one) => one.values.usdPerDay === usd)
      ? `; ${render('{usdPerDay:usd} a day', { usdPerDay: usd })}`
      : '';
  const start = render(
    'NAT gateways took {excessBytes:bytes} more than usual since {onsetEarliest:time}: ',
    excessValues(found),
  );
  return `${start}${says}${cost}`;
}

function excessValues(found: Case): Evidence['values'] {
  return toldBy(found, found.metricsSource).find((one) => one.values.excessBytes !== undefined)?.values ?? {};
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
