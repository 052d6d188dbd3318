import type { Interval } from '../../anomalies/onset.js';
import { DAY_MS } from '../../units.js';
import { usageKind } from '../alerts/usage-types.js';
import type { Reading, UsageLine } from '../sources.js';
import { type Evidence, type EvidenceSource, SOURCE_WORDS } from './evidence.js';
import type { NatMetrics } from './nat-metrics.js';
import { at, evidence } from './say.js';

/** The line for a source that gave nothing to judge; null where it was read. */
export function tellMissing(source: EvidenceSource, reading: Reading<unknown>, asked: string): Evidence | null {
  const word = SOURCE_WORDS[source];
  if (reading.state === 'failed') {
    return evidence(source, 'failed', asked, '{source} could not be read: {error}', {
      source: word,
      error: reading.error,
    });
  }
  if (reading.state === 'absent') {
    return evidence(source, 'absent', asked, '{source} not available: {reason}', {
      source: word,
      reason: reading.reason,
    });
  }
  return null;
}

/** What the metrics of the gateways say as a whole: how much more since when, in which direction. */
export function tellMetrics(
  metrics: NatMetrics | null,
  onset: Interval | null,
  source: 'cloudwatch' | 'flow-logs',
  usd: (bytes: number) => string | null,
): Evidence[] {
  const asked =
    source === 'cloudwatch'
      ? 'AWS/NATGateway bytes, packets and connections of every gateway, hourly and in 5-minute steps'
      : 'sums of the flow logs by gateway and hour, in place of metrics';
  if (!metrics) return [evidence(source, 'none', asked, 'CloudWatch has no metrics of any NAT gateway in this window')];
  const ids = metrics.gateways.map((gateway) => gateway.id);
  const base = { natGatewayIds: ids, gatewayCount: ids.length, historyHours: metrics.historyHours };
  const { rise } = metrics;
  if (!rise || !metrics.hasExcess) {
    return [
      evidence(source, 'found', asked, 'The bytes of {natGatewayIds:list} together stay at their usual level', {
        ...base,
        ...(rise ? { growthFactor: round(rise.factor) } : {}),
      }),
    ];
  }
  const usdSoFar = usd(rise.excess);
  const told = [
    evidence(
      source,
      'found',
      asked,
      `{natGatewayIds:list} took {excessBytes:bytes} more than expected since {onsetEarliest:time}, {growthFactor:times} the usual level${usdSoFar === null ? '' : ', {usdSoFar:usd} so far'}`,
      {
        ...base,
        excessBytes: Math.round(rise.excess),
        expectedBytes: Math.round(rise.expected),
        growthFactor: Number.isFinite(rise.factor) ? round(rise.factor) : 1000,
        onsetEarliest: at((onset ?? rise.onset).earliestMs),
        onsetLatest: at((onset ?? rise.onset).latestMs),
        ...(usdSoFar === null ? {} : { usdSoFar }),
      },
    ),
    evidence(
      source,
      'found',
      'direction and packet size of the excess',
      metrics.packetBytesDown > 0
        ? '{downShare:percent} of the excess came in; packets in have {downPacketBytes:bytes} on average, packets out {upPacketBytes:bytes}'
        : '{downShare:percent} of the excess came in, the rest left',
      {
        downShare: share(metrics.excessDown, metrics.excessUp),
        upShare: share(metrics.excessUp, metrics.excessDown),
        downPacketBytes: Math.round(metrics.packetBytesDown),
        upPacketBytes: Math.round(metrics.packetBytesUp),
      },
    ),
  ];
  return told;
}

function share(part: number, other: number): number {
  return part + other > 0 ? Math.round((part / (part + other)) * 1000) / 1000 : 0;
}

/** Two decimals that survive a reader's arithmetic. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** What the bill says of NAT gateways: the usual day against the days since the onset. */
export function tellUsage(lines: readonly UsageLine[], onsetMs: number | null): Evidence[] {
  const asked = 'GetCostAndUsage by USAGE_TYPE, daily';
  const kinds = ['nat-bytes', 'nat-hours', 'cross-az'] as const;
  const own = lines.filter((line) => (kinds as readonly string[]).includes(usageKind(line.usageType)));
  if (own.length === 0)
    return [evidence('cost-explorer', 'none', asked, 'Cost Explorer shows no NAT gateway usage type on these days')];
  const days = [...new Set(lines.map((line) => line.dayMs))].sort((a, b) => a - b);
  const first = onsetMs === null ? Number.POSITIVE_INFINITY : Math.floor(onsetMs / DAY_MS) * DAY_MS;
  const perDay = (kind: string, after: boolean) => {
    const picked = days.filter((day) => (after ? day > first : day < first));
    const sum = own
      .filter((line) => usageKind(line.usageType) === kind && picked.includes(line.dayMs))
      .reduce((total, line) => total + line.usd, 0);
    return picked.length === 0 ? null : Math.round((sum / picked.length) * 100) / 100;
  };
  const before = perDay('nat-bytes', false) ?? perDay('nat-bytes', true);
  const after = onsetMs === null ? null : perDay('nat-bytes', true);
  if (before === null) return [];
  return [
    after === null
      ? evidence('cost-explorer', 'found', asked, 'NAT data processing is billed at {usdPerDayBefore:usd} a day', {
          usdPerDayBefore: before.toFixed(2),
        })
      : evidence(
          'cost-explorer',
          'found',
          asked,
          'NAT data processing was billed at {usdPerDayBefore:usd} a day before and {usdPerDayAfter:usd} a day since',
          {
            usdPerDayBefore: before.toFixed(2),
            usdPerDayAfter: after.toFixed(2),
          },
        ),
  ];
}

/** Daily dollars of one kind of usage around a moment: the mean of whole days before, and of the days from it on. */
export function usageAround(
  lines: readonly UsageLine[],
  kind: string,
  momentMs: number,
): { before: number; after: number } | null {
  const dayOf = Math.floor(momentMs / DAY_MS) * DAY_MS;
  const days = [...new Set(lines.map((line) => line.dayMs))];
  const sum = (picked: readonly number[]) =>
    lines
      .filter((line) => usageKind(line.usageType) === kind && picked.includes(line.dayMs))
      .reduce((total, line) => total + line.usd, 0) / picked.length;
  const before = days.filter((day) => day < dayOf);
  // The day of the moment and the last, unfinished day hold half a truth each; where nothing else is left they must do.
  const after = days.filter((day) => day > dayOf);
  const used = after.length > 0 ? after : days.filter((day) => day >= dayOf);
  if (before.length === 0 || used.length === 0) return null;
  return { before: sum(before), after: sum(used) };
}
