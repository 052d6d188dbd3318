import { usageKind } from '../alerts/usage-types.js';
import type { Case, Finding } from '../case.js';
import { toldBy } from '../case.js';
import { at, evidence } from '../evidence/say.js';
import { usageAround } from '../evidence/tell.js';
import { deleteIdleNat } from '../remedies/delete-idle-nat.js';
import { gatewayUsdPerDay } from '../remedies/money.js';
import { nothing } from '../remedies/none.js';
import { isRouted } from './network.js';

/** A megabyte a day: scans of the public address. */
const IDLE_BYTES_PER_DAY = 1e6;
/** Half a day without traffic is a night; a gateway younger than this is judged from its first hours on. */
const MIN_HOURS = 12;

/** Gateways that are paid by the hour and carry nothing. */
export function idleNat(found: Case): Finding | null {
  const { metrics, inventory } = found;
  if (!metrics) return null;
  const blamed = found.alert.usageTypes.some((type) => usageKind(type) === 'nat-hours');
  const idle = metrics.gateways.filter((gateway) => {
    const known = inventory?.natGateways.find((one) => one.id === gateway.id);
    if (known && known.state !== 'available') return false;
    const recent = gateway.bytes.slice(-48);
    const bytes = recent.reduce((sum, point) => sum + point.value, 0);
    const isLasting = gateway.bytes.every((point) => point.value < IDLE_BYTES_PER_DAY);
    return recent.length >= MIN_HOURS && (bytes / recent.length) * 24 < IDLE_BYTES_PER_DAY && isLasting;
  });
  if (idle.length === 0) return null;
  const created = idle.flatMap(
    (gateway) =>
      inventory?.natGateways.find((one) => one.id === gateway.id)?.createdAtMs ?? firstSeen(found, gateway.id),
  );
  const newest = created.filter((ms) => metrics.lastMs - ms < 10 * 86_400_000);
  // Old idle gateways are waste, not an incident: without a rise in hours nothing new happened.
  const rose = found.usage && newest.length > 0 ? usageAround(found.usage, 'nat-hours', Math.min(...newest)) : null;
  if (!blamed && !(newest.length > 0 && rose && rose.after > rose.before * 1.2)) return null;
  if (!blamed && found.hasExcess) return null;
  const ids = idle.map((gateway) => gateway.id);
  const deletable = ids.filter((id) => isRouted(found, id) !== true);
  const usd = gatewayUsdPerDay(found, ids.length);
  const first = newest.length > 0 ? Math.min(...newest) : null;
  return {
    cause: 'idle-nat',
    excess: null,
    confidence: inventory ? 'high' : 'medium',
    evidence: [
      evidence(
        found.metricsSource,
        'found',
        'bytes and connections of each gateway since it exists',
        `{idleCount:count} gateways carry nothing: {idleGateways:list}${usd === null ? '' : '; their hours cost {idleUsdPerDay:usd} a day'}`,
        {
          idleCount: ids.length,
          idleGateways: ids,
          ...(usd === null ? {} : { idleUsdPerDay: usd }),
          ...(first === null ? {} : { since: at(first) }),
        },
      ),
      ...(inventory
        ? [
            evidence(
              'ec2',
              'found',
              'routes that lead to these gateways',
              deletable.length === ids.length
                ? 'No route leads to {idleGateways:list}'
                : 'Routes still lead to {routedGateways:list}',
              {
                idleGateways: deletable,
                routedGateways: ids.filter((id) => !deletable.includes(id)),
              },
            ),
          ]
        : []),
      ...toldBy(found, 'cost-explorer'),
    ],
    onset: first === null ? null : { earliestMs: first, latestMs: first + 3_600_000 },
    scope: { names: ids, withinMs: 90 * 60_000 },
    fixes: deletable.length > 0 ? [deleteIdleNat(found, deletable)] : [nothing()],
    components: [],
    fit: 0.9,
    headline: `{idleCount:count} NAT gateways carry nothing${usd === null ? '' : ' and cost {idleUsdPerDay:usd} a day'}: {idleGateways:list}`,
  };
}

function firstSeen(found: Case, id: string): number[] {
  const gateway = found.metrics?.gateways.find((one) => one.id === id);
  const first = gateway?.bytes[0]?.atMs;
  const start = found.metrics?.total[0]?.atMs;
  // A series that begins with the window says nothing about the gateway's age.
  return first !== undefined && start !== undefined && first > start ? [first] : [];
}
