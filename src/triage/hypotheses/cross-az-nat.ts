import { usageKind } from '../alerts/usage-types.js';
import type { Case, Finding } from '../case.js';
import { isPathChange } from '../evidence/change-weights.js';
import { evidence } from '../evidence/say.js';
import { usageAround } from '../evidence/tell.js';
import { natPerAz } from '../remedies/nat-per-az.js';
import { regionalNat } from '../remedies/regional-nat.js';
import { DEPLOY_WINDOW_MS } from '../trigger.js';
import { type Crossing, findCrossings, findMove, type Move } from './network.js';
import { moveEvidence, moveScope } from './traffic-moved.js';

/** Half as much again of inter-zone transfer: other services cross zones too, and vary. */
const MIN_TRANSFER_GROWTH = 1.5;

/** Clients whose gateway is in another zone since a change: the bytes are the same, each crosses a zone. */
export function crossAzNat(found: Case): Finding | null {
  const crossings = findCrossings(found);
  const move = findMove(found);
  const blamed = found.alert.usageTypes.some((type) => usageKind(type) === 'cross-az');
  if (!found.inventory) return blamed && move ? withoutInventory(found, move) : null;
  if (crossings.length === 0) return null;
  // … and where traffic moved, a gateway that lost it stood in the subnet's own zone: else it crossed before, too.
  const moved = move
    ? crossings.filter((one) => move.to.some((to) => to.id === one.natGatewayId) && stoodIn(found, move, one.az))
    : [];
  // Crossing zones alone is how single-gateway VPCs are built: it takes a change, in the traffic or on the bill.
  const changedAt = move?.interval ?? routeChange(found, crossings);
  if (moved.length === 0 && !(blamed && changedAt)) return null;
  if (found.hasExcess && !blamed) return null;
  const used = moved.length > 0 ? moved : crossings;
  const usage = found.usage && changedAt ? usageAround(found.usage, 'cross-az', changedAt.earliestMs) : null;
  const rose = usage !== null && usage.after >= MIN_TRANSFER_GROWTH * usage.before;
  if (!blamed && usage !== null && !rose) return null;
  const zones = [...new Set(used.map((one) => one.az))];
  const perDay = (move?.movedPerHour ?? 0) * 24;
  return {
    cause: 'cross-az-nat',
    excess: null,
    confidence: move && (blamed || rose) ? 'high' : 'medium',
    evidence: [
      evidence(
        'ec2',
        'found',
        'zones of private subnets and of the gateways that their routes lead to',
        'Subnets in {zones:list} send through {natGatewayIds:list} in {natZones:list}',
        {
          zones,
          natGatewayIds: [...new Set(used.map((one) => one.natGatewayId))],
          natZones: [...new Set(used.map((one) => one.natAz))],
          subnetIds: used.map((one) => one.subnetId),
          routeTableIds: [...new Set(used.map((one) => one.routeTableId))],
        },
      ),
      ...(move ? [moveEvidence(found, move)] : []),
      ...(usage && rose
        ? [
            evidence(
              'cost-explorer',
              'found',
              'DataTransfer-Regional-Bytes, daily',
              'Inter-zone transfer went from {transferUsdBefore:usd} to {transferUsdAfter:usd} a day',
              {
                transferUsdBefore: usage.before.toFixed(2),
                transferUsdAfter: usage.after.toFixed(2),
              },
            ),
          ]
        : []),
    ],
    onset: changedAt,
    scope: scopeOf(found, move, used),
    fixes: [natPerAz(found, zones, perDay), regionalNat(found, used[0]?.vpcId ?? '', zones.length + 1, perDay)],
    components: found.talkers?.components.map((one) => one.key) ?? [],
    fit: 0.96,
    headline:
      'Subnets in {zones:list} send through {natGatewayIds:list} in {natZones:list}: every byte crosses a zone, on top of the NAT charge',
  };
}

/** Without EC2 the zones are not known, but the bill names inter-zone transfer and the traffic changed gateways. */
function withoutInventory(found: Case, move: Move): Finding {
  return {
    cause: 'cross-az-nat',
    excess: null,
    confidence: 'low',
    evidence: [moveEvidence(found, move)],
    onset: move.interval,
    scope: moveScope(found, move),
    fixes: [natPerAz(found, [], move.movedPerHour * 24)],
    components: found.talkers?.components.map((one) => one.key) ?? [],
    fit: 0.96,
    headline:
      '{movedBytesPerHour:bytes} an hour moved from {fromGateways:list} to {toGateways:list}, and the alert blames inter-zone transfer; zones could not be checked',
  };
}

function stoodIn(found: Case, move: Move, az: string): boolean {
  const zones = new Map((found.inventory?.subnets ?? []).map((subnet) => [subnet.id, subnet.az]));
  const gateways = (found.inventory?.natGateways ?? []).filter((one) => move.from.some((from) => from.id === one.id));
  // A gateway that EC2 has forgotten may have stood anywhere.
  return (
    gateways.length < move.from.length ||
    gateways.some((one) => one.subnetId !== undefined && zones.get(one.subnetId) === az)
  );
}

/** A route to one of the crossing gateways that was set lately: the moment, where the traffic does not show it. */
function routeChange(found: Case, crossings: readonly Crossing[]) {
  const ids = new Set(crossings.flatMap((one) => [one.natGatewayId, one.routeTableId]));
  const event = (found.trail?.events ?? [])
    .filter(
      (one) =>
        one.errorCode === undefined && isPathChange(one.source, one.name) && one.names.some((name) => ids.has(name)),
    )
    .at(-1);
  return event ? { earliestMs: event.atMs, latestMs: event.atMs + 20 * 60_000 } : null;
}

function scopeOf(found: Case, move: Move | null, used: readonly Crossing[]) {
  if (move) return moveScope(found, move);
  return { names: used.flatMap((one) => [one.natGatewayId, one.routeTableId]), withinMs: DEPLOY_WINDOW_MS };
}
