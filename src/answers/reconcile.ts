import { BYTES_PER_BILLED_GB, DAY_MS, HOUR_MS, isoTime } from '../units.js';

/** Bytes of one gateway by the hour (start, UTC ms). */
export type HourlyBytes = ReadonlyMap<number, bigint>;

/** One line of the bill for NAT data processing on one day. */
interface BilledDay {
  readonly dayMs: number;
  readonly gigabytes: number;
  readonly usd: number;
}

export interface ReconcileInput {
  readonly fromMs: number;
  readonly toMs: number;
  /** The moment of asking: the bill of the last day before it is not final. */
  readonly nowMs: number;
  /** By gateway, from the flow logs. An hour without rows is not in it. */
  readonly logs: ReadonlyMap<string, HourlyBytes>;
  /** By gateway, from CloudWatch; undefined where it was not asked or failed. */
  readonly metrics: ReadonlyMap<string, HourlyBytes> | undefined;
  /** Undefined where there is no bill. */
  readonly bill: readonly BilledDay[] | undefined;
}

interface GatewayMatch {
  readonly natGatewayId: string;
  /** Hours that both know. */
  readonly hours: number;
  readonly bytesLogs: bigint;
  readonly bytesCloudWatch: bigint;
  /** (logs − CloudWatch) / CloudWatch over those hours; null where CloudWatch saw nothing. */
  readonly difference: number | null;
  /** Hours in which CloudWatch saw bytes and the logs have no row, and those bytes. */
  readonly hoursWithoutLogs: number;
  readonly bytesWithoutLogs: bigint;
}

interface BillMatch {
  readonly days: readonly { readonly day: string; readonly gigabytes: number; readonly bytesLogs: bigint }[];
  readonly gigabytes: number;
  readonly bytesLogs: bigint;
  readonly usd: number;
  /** What a billed GB is, as the figures show: 2^30 bytes, unless 10^9 fits within a percent and 2^30 does not. */
  readonly bytesPerGb: number;
  /** (logs − bill) / bill; null where nothing was billed. */
  readonly difference: number | null;
}

export interface Reconciliation {
  readonly gateways: readonly GatewayMatch[] | undefined;
  readonly bill: BillMatch | undefined;
  /** Sentences: whether they agree, and what it says where they do not. */
  readonly findings: readonly string[];
}

/** Within this the sources say the same: records begin up to a minute late, and headers are counted alike. */
const AGREES = 0.01;
/** On a day that the logs do not know whole, the bill cannot be compared. */
const HOURS_OF_DAY = 24;

/** Holds the logs against what AWS measured and billed, hour by hour and day by day where both have something. */
export function reconcile(input: ReconcileInput): Reconciliation {
  const gateways = input.metrics && matchGateways(input, input.metrics);
  const bill = input.bill && matchBill(input, input.bill);
  return { gateways, bill, findings: [...(gateways ? sayGateways(gateways) : []), ...(bill ? sayBill(bill) : [])] };
}

function matchGateways(
  { fromMs, toMs, logs }: ReconcileInput,
  metrics: ReadonlyMap<string, HourlyBytes>,
): GatewayMatch[] {
  // Only whole hours: half of one says nothing.
  const firstMs = Math.ceil(fromMs / HOUR_MS) * HOUR_MS;
  const endMs = Math.floor(toMs / HOUR_MS) * HOUR_MS;
  const ids = [...new Set([...logs.keys(), ...metrics.keys()])].sort();
  return ids.map((natGatewayId) => {
    const [own, seen] = [logs.get(natGatewayId), metrics.get(natGatewayId)];
    let [hours, bytesLogs, bytesCloudWatch, hoursWithoutLogs, bytesWithoutLogs] = [0, 0n, 0n, 0, 0n];
    for (let atMs = firstMs; atMs < endMs; atMs += HOUR_MS) {
      const measured = seen?.get(atMs);
      const logged = own?.get(atMs);
      if (measured === undefined) continue;
      if (logged !== undefined) {
        hours += 1;
        bytesLogs += logged;
        bytesCloudWatch += measured;
      } else if (measured > 0n) {
        hoursWithoutLogs += 1;
        bytesWithoutLogs += measured;
      }
    }
    const difference = ratio(Number(bytesLogs), Number(bytesCloudWatch));
    return { natGatewayId, hours, bytesLogs, bytesCloudWatch, difference, hoursWithoutLogs, bytesWithoutLogs };
  });
}

function matchBill({ fromMs, toMs, nowMs, logs }: ReconcileInput, bill: readonly BilledDay[]): BillMatch {
  const billed = new Map<number, { gigabytes: number; usd: number }>();
  for (const { dayMs, gigabytes, usd } of bill) {
    const known = billed.get(dayMs) ?? { gigabytes: 0, usd: 0 };
    billed.set(dayMs, { gigabytes: known.gigabytes + gigabytes, usd: known.usd + usd });
  }
  const days = [...billed]
    .sort(([a], [b]) => a - b)
    .flatMap(([dayMs, { gigabytes, usd }]) => {
      // Cost Explorer is a day late.
      if (dayMs < fromMs || dayMs + DAY_MS > toMs || dayMs + 2 * DAY_MS > nowMs) return [];
      let bytesLogs = 0n;
      const hours = new Set<number>();
      for (const hourly of logs.values()) {
        for (let atMs = dayMs; atMs < dayMs + DAY_MS; atMs += HOUR_MS) {
          const bytes = hourly.get(atMs);
          if (bytes === undefined) continue;
          hours.add(atMs);
          bytesLogs += bytes;
        }
      }
      return hours.size < HOURS_OF_DAY ? [] : [{ day: isoTime(dayMs).slice(0, 10), gigabytes, bytesLogs, usd }];
    });
  const sum = (pick: (day: (typeof days)[number]) => number) => days.reduce((total, day) => total + pick(day), 0);
  const gigabytes = sum((day) => day.gigabytes);
  const bytesLogs = days.reduce((total, day) => total + day.bytesLogs, 0n);
  const differenceAt = (bytesPerGb: number) => ratio(Number(bytesLogs), gigabytes * bytesPerGb);
  const fits = (bytesPerGb: number) => Math.abs(differenceAt(bytesPerGb) ?? 1) <= AGREES;
  const bytesPerGb = !fits(BYTES_PER_BILLED_GB) && fits(1e9) ? 1e9 : BYTES_PER_BILLED_GB;
  return {
    days: days.map(({ usd: _, ...day }) => day),
    gigabytes,
    bytesLogs,
    usd: sum((day) => day.usd),
    bytesPerGb,
    difference: differenceAt(bytesPerGb),
  };
}

function sayGateways(gateways: readonly GatewayMatch[]): string[] {
  const compared = gateways.filter(({ hours, difference }) => hours > 0 && difference !== null);
  const sum = (pick: (one: GatewayMatch) => bigint) => compared.reduce((total, one) => total + pick(one), 0n);
  const difference = ratio(Number(sum((one) => one.bytesLogs)), Number(sum((one) => one.bytesCloudWatch)));
  const blind = gateways.filter(({ hours, hoursWithoutLogs }) => hours === 0 && hoursWithoutLogs > 0);
  const gaps = gateways.filter(({ hours, hoursWithoutLogs }) => hours > 0 && hoursWithoutLogs > 0);
  return [
    difference === null
      ? 'There is no hour that both the logs and CloudWatch know.'
      : Math.abs(difference) <= AGREES
        ? `The logs and CloudWatch agree: ${percent(difference)} over the hours that both know.`
        : `The logs show ${percent(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'} than CloudWatch over the hours that both know: ${difference < 0 ? 'records that AWS skipped, or a flow log that covers a part of the gateways’ traffic' : 'bytes that are counted twice, or metrics that came late'}.`,
    ...(blind.length > 0
      ? [`No flow log for ${listOf(blind.map((one) => one.natGatewayId))}: CloudWatch saw bytes there.`]
      : []),
    ...(gaps.length > 0
      ? [
          `Hours without logs while CloudWatch saw bytes: ${gaps
            .map((one) => `${one.natGatewayId} ${one.hoursWithoutLogs}`)
            .slice(0, 5)
            .join(', ')}.`,
        ]
      : []),
  ];
}

function sayBill({ days, difference, bytesPerGb }: BillMatch): string[] {
  if (days.length === 0) return ['There is no whole day that both the logs and the bill know; the bill lags a day.'];
  const unit = bytesPerGb === BYTES_PER_BILLED_GB ? [] : ['A billed GB fits 10^9 bytes here, not 2^30.'];
  if (difference === null) return ['Nothing was billed for NAT data processing on these days.'];
  if (Math.abs(difference) <= AGREES) return [`The logs and the bill agree: ${percent(difference)}.`, ...unit];
  const why =
    difference < 0
      ? 'gateways without a flow log, records that AWS skipped, or gateways of other accounts on this bill'
      : 'a Network Firewall before the gateway makes its bytes free, or the bill is of fewer accounts';
  return [
    `The logs show ${percent(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'} than the bill: ${why}.`,
    ...unit,
  ];
}

function ratio(logs: number, other: number): number | null {
  return other === 0 ? null : (logs - other) / other;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(Math.abs(share) < 0.1 ? 2 : 1)} %`;
}

function listOf(ids: readonly string[]): string {
  return ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`;
}
