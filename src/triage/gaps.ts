import { HOUR_MS } from '../units.js';
import { type Case, type Finding, mainClients } from './case.js';
import { type EvidenceSource, SOURCE_WORDS } from './evidence/evidence.js';
import { isStale } from './evidence/remotes.js';
import type { Reading } from './sources.js';

/** What a missing source keeps from being known. */
const UNKNOWN_WITHOUT: Readonly<Record<EvidenceSource, string>> = {
  cloudwatch: 'how the gateways behaved before, and exactly when it began, rests on the flow logs alone',
  cloudtrail: 'which change or deployment came before the onset is not known',
  ec2: 'endpoints, route tables, zones and what runs behind an address are not known',
  ecr: 'image sizes could not be compared with the downloads',
  'cost-explorer': 'the bill was not compared',
  'flow-logs': 'which client talked to which remote is not known',
  'ip-ranges': 'owners of remote addresses rest on the table that comes with netcost',
  owners: 'teams are not known',
  prices: 'dollars are not known',
};

/** Objects come ten minutes late; an hour more than that is late data. */
const LATE_MS = 90 * 60_000;

/** Everything that could not be known, one sentence each: sources by their word, incomplete logs, and what no source shows. */
export function findGaps(
  found: Case,
  readings: ReadonlyMap<EvidenceSource, Reading<unknown>>,
  findings: readonly Finding[],
): string[] {
  const gaps: string[] = [];
  for (const [source, reading] of readings) {
    if (reading.state === 'read') {
      for (const one of reading.lacks ?? []) gaps.push(`${SOURCE_WORDS[source]}: ${one}.`);
      continue;
    }
    const why =
      reading.state === 'failed' ? `could not be read (${reading.error})` : `not available (${reading.reason})`;
    gaps.push(`${SOURCE_WORDS[source]}: ${why}; ${UNKNOWN_WITHOUT[source]}.`);
  }
  gaps.push(...flowGaps(found), ...metricGaps(found), ...tableGaps(found));
  const missing = found.inventory?.missing ?? [];
  if (missing.length > 0) gaps.push(`EC2 inventory: ${missing.join(', ')} not read, so nothing is said about them.`);
  if (found.trail && found.onset && found.trail.events.length > 0 && found.trail.fromMs > found.onset.earliestMs) {
    gaps.push('CloudTrail: the events that were read begin after the onset; which change came before it is not known.');
  }
  const hidden = hiddenVpcs(found, findings);
  if (hidden.length > 0)
    gaps.push(
      `EC2 inventory: ${hidden.join(', ')} of the clients not shown, so its route tables and endpoints are not known.`,
    );
  if (found.trail?.truncated)
    gaps.push('CloudTrail: the pages ran out before the window was covered; older changes were not searched.');
  const main = findings[0]?.cause;
  if (main !== 'not-nat' && main !== 'idle-nat') {
    gaps.push(
      'Data events (S3 GetObject, Lambda Invoke, InvokeAgentRuntime) are not in CloudTrail LookupEvents: who asked for which object, and how often something was invoked, is not known.',
    );
    gaps.push('DNS names: no Resolver query log was read, so remotes are known by their addresses.');
  }
  if (findings.some((one) => one.cause === 'aws-api')) {
    gaps.push(
      'Which AWS API it is: the addresses are published for AMAZON as a whole; check the endpoint’s service against DNS or client configuration.',
    );
  }
  if (found.usdPerGb === null)
    gaps.push(`Prices: the price of a GB in ${found.account.region} is not known, so there are no dollars.`);
  return gaps;
}

/** VPCs of the clients that EC2 does not show: another account's, as behind a transit gateway. */
export function hiddenVpcs(found: Case, findings: readonly Finding[]): string[] {
  if (!found.inventory || !found.talkers) return [];
  const keys = new Set(findings.flatMap((one) => one.components));
  const shown = new Set(found.inventory.vpcs.map((vpc) => vpc.id));
  const places = found.talkers.components.filter((one) => keys.has(one.key)).flatMap(mainClients);
  return [...new Set(places.flatMap((place) => (place.vpcId && !shown.has(place.vpcId) ? [place.vpcId] : [])))];
}

function flowGaps(found: Case): string[] {
  const { flows, talkers } = found;
  if (!flows) return [];
  const gaps: string[] = [];
  if (flows.fromMs === null || flows.toMs === null)
    return ['Flow logs: not one row of these gateways was found; which client talked to which remote is not known.'];
  if (!flows.hasPacketAddresses) {
    gaps.push(
      'Flow logs: version 2 format without pkt-srcaddr and pkt-dstaddr; clients and remotes are known apart, but not who talked to whom.',
    );
  }
  if (flows.skipDataRows > 0) gaps.push('Flow logs: SKIPDATA rows in the window; the sums are a lower bound.');
  if (flows.emptyHours.length > 0)
    gaps.push(
      `Flow logs: hours without data (missing or incomplete): ${flows.emptyHours
        .slice(0, 6)
        .map((ms) => new Date(ms).toISOString().slice(0, 13))
        .join(', ')}${flows.emptyHours.length > 6 ? ' and more' : ''}.`,
    );
  const end = found.metrics?.lastMs ?? found.account.nowMs;
  if (end - flows.toMs > LATE_MS)
    gaps.push(
      `Flow logs: late or incomplete, they end at ${new Date(flows.toMs).toISOString().slice(0, 16)}Z, before the metrics do; the last hours are not in the shares.`,
    );
  if (flows.malformedLines > 0) gaps.push('Flow logs: lines that could not be read were passed over.');
  const held = heldPart(found);
  if (held !== null && held < MIN_HELD) {
    gaps.push(
      'Flow logs: incomplete or sampled, they hold only part of the bytes that the gateways metered; shares are of what they hold.',
    );
  }
  if (talkers && !talkers.hasQuiet)
    gaps.push('Flow logs: no quiet period before the onset is covered, so shares compare sizes, not changes.');
  if (found.metrics) {
    const known = new Set(flows.natGatewaysSeen);
    const without = found.metrics.gateways.filter(
      (gateway) =>
        !known.has(gateway.id) && gateway.bytes.some((point) => point.value > 1e7 && point.atMs >= (flows.fromMs ?? 0)),
    );
    if (without.length > 0)
      gaps.push(
        `Flow logs: no rows of ${without.map((gateway) => gateway.id).join(', ')}; talkers of these gateways are not known.`,
      );
  }
  return gaps;
}

/** Late rows and rounding are a tenth at most. */
const MIN_HELD = 0.8;

/** Part of the metered bytes that the logs hold, over the whole hours that both cover; null where they share none. */
function heldPart(found: Case): number | null {
  const { flows, metrics } = found;
  if (!flows?.fromMs || !flows.toMs || !metrics || found.metricsSource !== 'cloudwatch') return null;
  const [from, to] = [Math.ceil(flows.fromMs / HOUR_MS) * HOUR_MS, Math.floor(flows.toMs / HOUR_MS) * HOUR_MS];
  const empty = new Set(flows.emptyHours);
  const covered = (atMs: number) => atMs >= from && atMs < to && !empty.has(Math.floor(atMs / HOUR_MS) * HOUR_MS);
  const seen = new Set(flows.natGatewaysSeen);
  const metered = metrics.gateways
    .filter((gateway) => seen.has(gateway.id))
    .flatMap((gateway) => gateway.bytes)
    .reduce((sum, point) => sum + (covered(point.atMs) ? point.value : 0), 0);
  const logged = flows.sums.reduce((sum, one) => sum + (covered(one.atMs) ? one.bytes : 0), 0);
  return metered > 0 ? logged / metered : null;
}

function metricGaps(found: Case): string[] {
  const { metrics, flows } = found;
  if (!metrics) return [];
  const gaps: string[] = [];
  if (metrics.historyHours < 7 * 24)
    gaps.push(
      'CloudWatch metrics: less than a week of history; the usual level is a plain median, without the time of day.',
    );
  if (found.account.nowMs - metrics.lastMs > 3 * HOUR_MS)
    gaps.push(
      `CloudWatch metrics: they end at ${new Date(metrics.lastMs).toISOString().slice(0, 16)}Z, hours before this diagnosis; what happened since is not known.`,
    );
  const expected =
    metrics.total.length > 1 ? ((metrics.total.at(-1)?.atMs ?? 0) - (metrics.total[0]?.atMs ?? 0)) / HOUR_MS + 1 : 0;
  // A gateway that is idle for an hour has no datapoint; a tenth of all hours is more than that.
  if (expected > metrics.total.length * 1.1)
    gaps.push('CloudWatch metrics: hours without data (missing datapoints) in the history.');
  if (flows && !found.onset && !metrics.hasExcess) return gaps;
  return gaps;
}

function tableGaps(found: Case): string[] {
  const { remotes, talkers } = found;
  if (!remotes) return [];
  const gaps: string[] = [];
  if (!remotes.hasRangesFile)
    gaps.push('AWS’s published IP ranges (ip-ranges.json): not given; the table that comes with netcost stood in.');
  else if (isStale(remotes, found.account.nowMs))
    gaps.push(
      'AWS’s published IP ranges (ip-ranges.json): stale, more than a month old; newer prefixes may be missing.',
    );
  if (!remotes.hasAsTable)
    gaps.push('AS table (asn.csv): not there; owners of addresses outside AWS are known from published ranges alone.');
  const nameless = talkers?.components.some(
    (one) => one.remote.kind === 'nobody' && one.excess > 0.1 * found.excess && found.hasExcess,
  );
  if (nameless) gaps.push('Remote addresses that no table names carry a good part of the excess.');
  return gaps;
}
