import type { DigestPeriod, GatewayFigures, NatMetricsDigest } from '../src/answers/nat-metrics-digest.js';
import type { Call, Reply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';
import { DAY_MS, formatBytes, formatUsd, isoTime } from '../src/units.js';

export const name = 'gateways';
export const usage = 'gateways [yesterday|week]';
export const summary = 'bytes, dollars and connections of each NAT gateway, as CloudWatch counts them';

export interface GatewaysDeps {
  readonly makeNatDigest: (input: {
    readonly period: DigestPeriod;
    readonly nowMs: number;
  }) => Promise<NatMetricsDigest>;
}

/**
 * What CloudWatch's metrics say of each gateway, yesterday or in the last seven whole days (UTC). Whose bytes they are is
 * not in it, so it is for who may see every team. Throws NetcostError('usage') for other words, ('denied').
 */
export async function handle(deps: GatewaysDeps, call: Call): Promise<Reply> {
  const word = call.text.trim().toLowerCase();
  if (!['', 'yesterday', 'week'].includes(word)) {
    throw new NetcostError('usage', `"${call.text.slice(0, 60)}" is not understood.`, {
      hint: `Write it as: ${usage}`,
    });
  }
  if (call.caller.teams !== 'all') {
    throw new NetcostError('denied', 'The gateways carry the bytes of all teams, and you may see some of them.', {
      hint: 'Ask about a team that you may see: since=24h by=nat.',
    });
  }
  const toMs = Math.floor(call.nowMs / DAY_MS) * DAY_MS;
  const period = { fromMs: toMs - (word === 'week' ? 7 : 1) * DAY_MS, toMs };
  const digest = await deps.makeNatDigest({ period, nowMs: call.nowMs });
  const days = `${isoTime(period.fromMs).slice(0, 10)}${word === 'week' ? `..${isoTime(toMs - DAY_MS).slice(0, 10)}` : ''}`;
  return {
    kind: 'table',
    title: `NAT gateways as CloudWatch counts them, ${days} (UTC)`,
    columns: [
      { title: 'Gateway', align: 'left' },
      ...['Data', 'USD', 'Usual', 'Down', 'Up', 'Most connections', 'Established', 'Port errors'].map((title) => ({
        title,
        align: 'right' as const,
      })),
    ],
    rows: digest.gateways.map(rowOf),
    empty: 'Nothing is known of this time.',
    notes: [...digest.gaps, totalLine(digest), monthLine(digest), costLine(digest)],
  };
}

function rowOf(gateway: GatewayFigures): (string | null)[] {
  const { natGatewayId, region, bytes, usd, usual, isNew, down, up, connections } = gateway;
  const { most, attempts, established, portErrors } = connections;
  const hasRate = attempts !== undefined && established !== undefined && attempts > 0;
  return [
    `${natGatewayId} (${region})`,
    formatBytes(bytes),
    usd === undefined ? null : formatUsd(usd),
    isNew ? 'new' : usual === undefined ? null : changeOf(bytes, usual),
    formatBytes(down),
    formatBytes(up),
    most === undefined ? null : String(most),
    hasRate ? `${((established / attempts) * 100).toFixed(1)} %` : null,
    String(portErrors),
  ];
}

/** "+18 %": against the median of the same days of the last four weeks. */
function changeOf(bytes: bigint, usual: bigint): string | null {
  if (usual === 0n) return bytes === 0n ? '±0 %' : null;
  const percent = Math.round((Number(bytes) / Number(usual) - 1) * 100);
  return percent === 0 ? '±0 %' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`;
}

function totalLine({ total }: NatMetricsDigest): string {
  const usd = total.usd === undefined ? '' : `, ${formatUsd(total.usd)}`;
  return `Together ${formatBytes(total.bytes)}${usd}: what left towards both sides, which is what AWS bills.`;
}

function monthLine({ month }: NatMetricsDigest): string {
  const { soFar, whole } = month;
  const words = ({ bytes, usd }: { bytes: bigint; usd?: string }) =>
    usd === undefined ? formatBytes(bytes) : formatUsd(usd);
  return `This month so far ${words(soFar)}${whole === undefined ? '' : `; at this pace it ends at ${words(whole)}`}.`;
}

function costLine({ asked }: NatMetricsDigest): string {
  return `Who sends, and to whom, only flow logs say. Asking CloudWatch cost ${formatUsd(asked.usd)}.`;
}
