import type { HourlyBytes, Reconciliation } from '../src/answers/reconcile.js';
import { reconcile } from '../src/answers/reconcile.js';
import type { Ask, Call, TableReply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';
import { cleanQuestion } from '../src/query/question-words.js';
import { usageKind } from '../src/triage/alerts/usage-types.js';
import type { MetricSeries, Reading, UsageLine } from '../src/triage/sources.js';
import { formatBytes, formatUsd, HOUR_MS } from '../src/units.js';

export const name = 'reconcile';
export const usage = 'reconcile [since=7d]';
export const summary = 'whether the logs agree with what CloudWatch measured and what was billed';

interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ReconcileDeps {
  readonly ask: Ask;
  readonly gateways: () => Promise<readonly { readonly id: string }[]>;
  readonly metrics: (gateways: readonly string[], window: TimeSpan) => Promise<Reading<readonly MetricSeries[]>>;
  readonly usage: (window: TimeSpan) => Promise<Reading<readonly UsageLine[]>>;
}

const DEFAULT_SINCE = '7d';
/** Each is a question of its own. */
const MOST_GATEWAYS = 100;

/**
 * Compares bytes by gateway with CloudWatch, and by day with the bill. A source that is not there or failed is named;
 * with neither there is nothing to compare with, which is an error. Throws NetcostError('usage'), ('denied'), ('input').
 */
export async function handle(deps: ReconcileDeps, call: Call): Promise<TableReply> {
  if (call.caller.teams !== 'all') {
    throw new NetcostError('denied', 'The bill is of all teams, and you may see some of them only.', {
      hint: 'Ask an admin of netcost.',
    });
  }
  const since = readSince(call.text);
  const run = (text: string) => deps.ask({ text, nowMs: call.nowMs, ...(call.signal ? { signal: call.signal } : {}) });
  const whole = await run(`since=${since}`);
  const completeMs = Date.parse(whole.coverage.completeUntil ?? whole.window.to);
  const window = { fromMs: Date.parse(whole.window.from), toMs: Math.min(Date.parse(whole.window.to), completeMs) };
  const known = await deps.gateways();
  const taken = known.slice(0, MOST_GATEWAYS);
  const logs = new Map<string, HourlyBytes>();
  for (const { id } of taken) {
    const { rows } = await run(`since=${since} nat=${id} by=hour top=1000`);
    logs.set(id, new Map(rows.map(({ key, bytes }) => [Date.parse(String(key.hour)), bytes])));
  }
  const [metrics, bill] = await Promise.all([
    deps.metrics(
      taken.map(({ id }) => id),
      window,
    ),
    deps.usage(window),
  ]);
  if (metrics.state !== 'read' && bill.state !== 'read') {
    throw new NetcostError(
      'input',
      `There is nothing to compare with: ${sayMissing('CloudWatch', metrics)}; ${sayMissing('the bill', bill)}.`,
      {
        hint: 'Name aws.accounts in the config, or put cloudwatch/metrics.json or cost-explorer/usage.json beside the logs.',
      },
    );
  }
  const result = reconcile({
    ...window,
    nowMs: call.nowMs,
    logs,
    metrics: metrics.state === 'read' ? hourlyOf(metrics.value) : undefined,
    bill: bill.state === 'read' ? natDays(bill.value) : undefined,
  });
  return tableOf(result, whole.window, [
    ...(metrics.state === 'read' ? (metrics.lacks ?? []) : [`Not compared: ${sayMissing('CloudWatch', metrics)}.`]),
    ...(bill.state === 'read' ? (bill.lacks ?? []) : [`Not compared: ${sayMissing('the bill', bill)}.`]),
    ...(taken.length < known.length ? [`The first ${taken.length} of ${known.length} gateways were compared.`] : []),
    ...whole.caveats,
  ]);
}

function readSince(text: string): string {
  const words = cleanQuestion(text)
    .split(/\s+/)
    .filter((word) => word !== '');
  const [since = DEFAULT_SINCE, ...more] = words.map((word) => /^since=(\S+)$/i.exec(word)?.[1] ?? `?${word}`);
  const wrong = [since, ...more].find((word) => word.startsWith('?')) ?? more[0];
  if (wrong === undefined) return since;
  throw new NetcostError('usage', `reconcile does not know "${wrong.replace(/^\?/, '').slice(0, 60)}".`, {
    hint: 'Write it as: reconcile since=7d',
  });
}

function sayMissing(what: string, reading: Reading<unknown>): string {
  if (reading.state === 'failed') return `${what} failed (${reading.error})`;
  return reading.state === 'absent' ? `${what} is not there (${reading.reason})` : what;
}

/**
 * Bytes that a gateway took from clients and gave to them, hour by hour: what it processed, each byte once. Where the
 * side of the clients is missing, the side of the internet stands in; of one metric the coarsest period that fits hours.
 */
function hourlyOf(series: readonly MetricSeries[]): Map<string, HourlyBytes> {
  const byGateway = new Map<string, Map<string, MetricSeries>>();
  for (const one of series) {
    const id = one.dimensions.NatGatewayId;
    if (id === undefined || one.namespace !== 'AWS/NATGateway' || one.stat !== 'Sum' || HOUR_MS % one.periodMs !== 0)
      continue;
    const metrics = byGateway.get(id) ?? new Map<string, MetricSeries>();
    byGateway.set(id, metrics);
    const known = metrics.get(one.metric);
    if (!known || one.periodMs > known.periodMs) metrics.set(one.metric, one);
  }
  return new Map(
    [...byGateway].flatMap(([id, metrics]) => {
      const up = metrics.get('BytesInFromSource') ?? metrics.get('BytesOutToDestination');
      const down = metrics.get('BytesOutToSource') ?? metrics.get('BytesInFromDestination');
      if (up === undefined || down === undefined) return [];
      const hours = new Map<number, bigint>();
      for (const { timesMs, values } of [up, down]) {
        timesMs.forEach((atMs, index) => {
          const hour = Math.floor(atMs / HOUR_MS) * HOUR_MS;
          hours.set(hour, (hours.get(hour) ?? 0n) + BigInt(Math.round(values[index] ?? 0)));
        });
      }
      return [[id, hours] as const];
    }),
  );
}

function natDays(lines: readonly UsageLine[]) {
  return lines
    .filter(({ usageType }) => usageKind(usageType) === 'nat-bytes')
    .map(({ dayMs, quantity, usd }) => ({ dayMs, gigabytes: quantity, usd }));
}

function tableOf(
  result: Reconciliation,
  window: { readonly from: string; readonly to: string },
  notes: readonly string[],
): TableReply {
  const { gateways, bill, findings } = result;
  const percent = (share: number | null) =>
    share === null ? null : `${share > 0 ? '+' : ''}${(share * 100).toFixed(2)} %`;
  return {
    kind: 'table',
    title: findings[0] ?? 'There is nothing to compare.',
    columns: [
      { title: 'what', align: 'left' },
      { title: 'compared with', align: 'left' },
      { title: 'logs', align: 'right' },
      { title: 'AWS', align: 'right' },
      { title: 'logs are', align: 'right' },
    ],
    rows: [
      ...(gateways ?? []).map((one) => [
        one.natGatewayId,
        `CloudWatch, ${one.hours} h`,
        formatBytes(one.bytesLogs),
        formatBytes(one.bytesCloudWatch),
        percent(one.difference),
      ]),
      ...(bill && bill.days.length > 0
        ? [
            [
              'all gateways',
              `bill, ${bill.days.length} d, ${formatUsd(String(bill.usd))}`,
              formatBytes(bill.bytesLogs),
              formatBytes(BigInt(Math.round(bill.gigabytes * bill.bytesPerGb))),
              percent(bill.difference),
            ],
          ]
        : []),
    ],
    empty: 'No hour and no day is known to both.',
    notes: [...findings.slice(1), ...notes],
    json: { window, ...result, caveats: notes },
  };
}
