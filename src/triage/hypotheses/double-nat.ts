import type { Interval } from '../../anomalies/onset.js';
import { between, mean } from '../../anomalies/series.js';
import { type Case, type Finding, toldBy } from '../case.js';
import { isPathChange } from '../evidence/change-weights.js';
import { evidence } from '../evidence/say.js';
import { round } from '../evidence/tell.js';
import { removeInnerNat } from '../remedies/remove-inner-nat.js';
import { DEPLOY_WINDOW_MS } from '../trigger.js';

/** Two gateways in a row. */
interface Chain {
  readonly inner: string;
  readonly outer: string;
  readonly overlapBytesPerHour: number;
  readonly similarity: number;
  readonly bySource: 'flow-logs' | 'ec2';
}

/** Both carry the same bytes: nine in ten at least, the outer one may carry others too. */
const MIN_SIMILARITY = 0.8;

/** The same bytes through two gateways, one behind the other: each takes its price. */
export function doubleNat(found: Case): Finding | null {
  const { metrics } = found;
  if (!metrics || metrics.gateways.length < 2) return null;
  const chain = chainByClients(found) ?? chainByRoutes(found);
  if (!chain) return null;
  const onset = metrics.gatewayRises.get(chain.outer)?.onset ?? found.onset;
  const hours = onset ? Math.max(1, (metrics.lastMs - onset.earliestMs) / 3_600_000) : 24;
  const doubled = chain.overlapBytesPerHour * hours;
  const tables = (found.inventory?.routeTables ?? []).filter((table) =>
    table.routes.some((route) => route.target === chain.inner || route.target.startsWith('tgw-')),
  );
  const names = [chain.inner, chain.outer, ...tables.map((table) => table.id)];
  return {
    cause: 'double-nat',
    excess: null,
    confidence: chain.bySource === 'flow-logs' ? 'high' : 'medium',
    evidence: [
      evidence(
        found.metricsSource,
        'found',
        'hourly bytes of both gateways',
        '{innerGateway} and {outerGateway} carry the same bytes: {similarityShare:percent} of the hours’ bytes agree, {doubledBytesPerHour:bytes} an hour',
        {
          innerGateway: chain.inner,
          outerGateway: chain.outer,
          similarityShare: round(chain.similarity),
          doubledBytesPerHour: Math.round(chain.overlapBytesPerHour),
        },
      ),
      ...(chain.bySource === 'flow-logs'
        ? [
            evidence(
              'flow-logs',
              'found',
              'clients of each gateway',
              'The largest new client of {outerGateway} is {innerGateway} itself',
              { innerGateway: chain.inner, outerGateway: chain.outer },
            ),
          ]
        : []),
      ...toldBy(found, 'ec2'),
    ],
    onset,
    scope: {
      names: [],
      accepts: (event) =>
        isPathChange(event.source, event.name) &&
        (event.names.some((name) => names.includes(name)) || event.name.includes('TransitGateway')),
      withinMs: DEPLOY_WINDOW_MS,
    },
    fixes: [removeInnerNat(found, chain.inner, doubled)],
    // All bytes of the outer gateway are explained by the inner one: no other cause may claim them.
    components: found.talkers?.components.map((one) => one.key) ?? [],
    fit: 0.99,
    headline:
      'The same bytes pass {innerGateway} and then {outerGateway}: {doubledBytesPerHour:bytes} an hour are charged twice',
  };
}

/** An address of one gateway that is a client of another: the flow logs show the chain itself. */
function chainByClients(found: Case): Chain | null {
  const { flows, inventory } = found;
  if (!flows) return null;
  // The logs know the gateways' own addresses too, where EC2 was not read.
  const gateways = [...flows.gateways, ...(inventory?.natGateways ?? [])];
  const owner = new Map(
    gateways.flatMap((gateway) => gateway.addresses.map((address) => [address, gateway.id] as const)),
  );
  const bytes = new Map<string, number>();
  for (const sum of flows.sums) {
    const inner = sum.client === null ? undefined : owner.get(sum.client);
    if (inner === undefined || sum.natGatewayId === null || inner === sum.natGatewayId) continue;
    const key = `${inner}|${sum.natGatewayId}`;
    bytes.set(key, (bytes.get(key) ?? 0) + sum.bytes);
  }
  const best = [...bytes].sort((a, b) => b[1] - a[1])[0]?.[0].split('|');
  const [inner, outer] = best ?? [];
  if (inner === undefined || outer === undefined) return null;
  const fit = compare(found, inner, outer);
  return fit ? { inner, outer, ...fit, bySource: 'flow-logs' } : null;
}

/** Without the chain in the logs: a gateway whose VPC sends its own egress on to a transit gateway, and an outer one alike. */
function chainByRoutes(found: Case): Chain | null {
  const { metrics, inventory } = found;
  if (!metrics || !inventory || !found.hasExcess) return null;
  for (const inner of inventory.natGateways) {
    const table = inventory.routeTables.find(
      (one) => inner.subnetId !== undefined && one.subnetIds.includes(inner.subnetId),
    );
    const isInside = table?.routes.some(
      (route) =>
        (route.destination === '0.0.0.0/0' || route.destination === '::/0') && /^(tgw|pcx|vgw)-/.test(route.target),
    );
    if (!isInside && !inner.isPrivate) continue;
    for (const outer of metrics.gateways) {
      if (outer.id === inner.id || !metrics.gatewayRises.has(outer.id)) continue;
      const fit = compare(found, inner.id, outer.id);
      if (fit) return { inner: inner.id, outer: outer.id, ...fit, bySource: 'ec2' };
    }
  }
  return null;
}

function compare(
  found: Case,
  inner: string,
  outer: string,
): { overlapBytesPerHour: number; similarity: number } | null {
  const { metrics } = found;
  const onset: Interval | null = metrics?.gatewayRises.get(outer)?.onset ?? found.onset;
  if (!metrics || !onset) return null;
  const series = (id: string) =>
    between(
      metrics.gateways.find((one) => one.id === id)?.bytes ?? [],
      onset.latestMs + 3_600_000,
      Number.POSITIVE_INFINITY,
    );
  const outside = new Map(series(outer).map((point) => [point.atMs, point.value]));
  const pairs = series(inner).flatMap((point) =>
    outside.has(point.atMs) ? [[point.value, outside.get(point.atMs) as number] as const] : [],
  );
  if (pairs.length < 2) return null;
  const overlap = pairs.map(([a, b]) => Math.min(a, b));
  const innerBytes = mean(pairs.map(([a]) => a));
  const similarity = innerBytes > 0 ? mean(overlap) / innerBytes : 0;
  return similarity >= MIN_SIMILARITY ? { overlapBytesPerHour: mean(overlap), similarity } : null;
}
